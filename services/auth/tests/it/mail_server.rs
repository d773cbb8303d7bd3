//! A mail server: as much of SMTP as a client needs, over TCP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: String,
}

/// A running server; it is gone when this is dropped.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    /// Listens; recipients that begin with `busy` are put off, each once.
    pub(crate) async fn start(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (mails, put_off) = (Arc::clone(&arrived), Arc::new(Mutex::new(false)));
        let task = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let (mails, put_off) = (Arc::clone(&mails), Arc::clone(&put_off));
                tokio::spawn(async move { drop(converse(line, &mails, &put_off).await) });
            }
        });
        Self {
            address,
            arrived,
            task,
        }
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

async fn converse(
    line: TcpStream,
    mails: &Mutex<Vec<Arrived>>,
    put_off: &Mutex<bool>,
) -> std::io::Result<()> {
    let (read, mut write) = line.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 tests ESMTP\r\n").await?;
    let (mut from, mut to) = (String::new(), String::new());
    while let Some(command) = lines.next_line().await? {
        let verb = command.to_ascii_uppercase();
        let answer = if verb.starts_with("EHLO") {
            "250-tests\r\n250 SMTPUTF8"
        } else if verb.starts_with("MAIL FROM") {
            from = in_brackets(&command);
            "250 ok"
        } else if verb.starts_with("RCPT TO") {
            to = in_brackets(&command);
            let first =
                to.starts_with("busy") && !std::mem::replace(&mut *put_off.lock().unwrap(), true);
            if first { "451 later" } else { "250 ok" }
        } else if verb == "DATA" {
            write.write_all(b"354 go on\r\n").await?;
            let data = body(&mut lines).await?;
            let (from, to) = (from.clone(), to.clone());
            mails.lock().unwrap().push(Arrived { from, to, data });
            "250 taken"
        } else if verb == "QUIT" {
            write.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok"
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn body(
    lines: &mut tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>,
) -> std::io::Result<String> {
    let mut data = String::new();
    while let Some(line) = lines.next_line().await? {
        if line == "." {
            break;
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
    Ok(data)
}

fn in_brackets(command: &str) -> String {
    let (_, rest) = command.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}
