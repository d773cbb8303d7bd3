//! What is sent to people outside the platform.

/// How it gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// As an e-mail.
    Mail,
    /// As a text message to a phone.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Sms];

    /// Its name, in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }

    /// The channel of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// One message. It never shows in a log: it may hold a code, and an address always.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// How it is sent.
    pub channel: Channel,
    /// The address, or the phone in E.164.
    pub to: String,
    /// What it is about; empty for a text message.
    pub subject: String,
    /// The message as plain text.
    pub text: String,
    /// The same as HTML; empty for a text message.
    pub html: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
