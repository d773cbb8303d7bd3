//! What the gateway reads from its environment.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use oruma_ephemeral::Quota;
use oruma_service_runtime::{AccessTokenKey, ConfigError, Contract, Env, InternalCredential};
use url::Url;

/// Everything that the gateway's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// `API_HOST` (0.0.0.0) and `API_PORT` (3333): where it listens.
    pub address: SocketAddr,
    /// `PUBLIC_URL`: where clients find it; `http://localhost:<API_PORT>` by default.
    pub public_url: Url,
    /// `CORS_ORIGINS`: the pages that may call it.
    pub origins: Origins,
    /// `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` counts, separated by commas; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// `CONNECTBEST_HOST`: the name under which the contract `connectbest` has an origin of its own; none by default.
    pub connectbest_host: Option<String>,
    /// `CONNECTBEST_APP_URL`: the front end of `connectbest`, to which a sign-in with Google returns; `PUBLIC_URL` by default.
    pub connectbest_app: Url,
    /// How often each contract may be asked; `None` where `RATE_LIMIT_ENABLED` is false.
    pub quotas: Option<ContractQuotas>,
    /// `SOCKET_MAX_FRAME_BYTES` (65536): what a client may send over a socket in one message.
    pub largest_frame: usize,
    /// `PRESENCE_AUDIENCE` (peers): who learns that somebody came or left.
    pub presence_audience: PresenceAudience,
    /// `PRESENCE_GRACE_SECONDS` (10): how long somebody without a socket still counts as online.
    pub presence_grace: Duration,
    /// `PRESENCE_AWAY_SECONDS` (300): how long somebody may do nothing before that counts as being away (C-161).
    pub presence_away: Duration,
    /// `JWT_SECRET_KEY`, `JWT_ALGORITHM`: what reads access tokens.
    pub tokens: AccessTokenKey,
    /// `INTERNAL_GRPC_TOKEN`: what it shows to services.
    pub credential: InternalCredential,
}

/// Which pages may call the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Any; credentials are not allowed then. For development.
    Any,
    /// These, such as `https://oruma.com`.
    Only(Vec<String>),
}

/// Who learns that somebody came or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceAudience {
    /// Those who have a conversation with that person.
    Peers,
    /// Everyone who is there.
    Everyone,
}

/// How many requests are answered.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// Requests of a person, or of an address without one.
    pub requests: Quota,
    /// Sign-ins of an address.
    pub logins: Quota,
    /// Uploads of a person.
    pub uploads: Quota,
    /// Messages of a person; where the contract has no number of its own, they count as requests.
    pub messages: Option<Quota>,
}

/// The quotas of each contract.
#[derive(Debug, Clone, Copy)]
pub struct ContractQuotas {
    /// `RATE_LIMIT_REQUESTS_PER_MINUTE` (60) with `RATE_LIMIT_BURST` (10), `RATE_LIMIT_LOGIN_PER_MINUTE` (5), `RATE_LIMIT_UPLOADS_PER_MINUTE` (10):
    /// O-148…O-150.
    pub oruma: Quotas,
    /// `CONNECTBEST_REQUESTS_PER_HOUR` (1000), `CONNECTBEST_LOGINS_PER_15_MINUTES` (5), `CONNECTBEST_UPLOADS_PER_HOUR` (20),
    /// `CONNECTBEST_MESSAGES_PER_MINUTE` (100): C-178…C-181.
    pub connectbest: Quotas,
}

impl ContractQuotas {
    /// Those of a contract.
    pub(crate) const fn of(&self, contract: Contract) -> &Quotas {
        match contract {
            Contract::Connectbest => &self.connectbest,
            _ => &self.oruma,
        }
    }
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let host: IpAddr = env
            .string("API_HOST", "0.0.0.0")?
            .parse()
            .map_err(|_| ConfigError::new("API_HOST", "is not an address such as 0.0.0.0"))?;
        let port: u16 = env.number("API_PORT", 3333)?;
        Ok(Self {
            address: SocketAddr::new(host, port),
            public_url: public_url(env, port)?,
            origins: origins(env)?,
            trusted_proxies: trusted_proxies(env)?,
            connectbest_host: contract_host(env, "CONNECTBEST_HOST")?,
            connectbest_app: app_url(env, "CONNECTBEST_APP_URL", port)?,
            quotas: quotas(env)?,
            largest_frame: largest_frame(env)?,
            presence_audience: presence_audience(env)?,
            presence_grace: Duration::from_secs(
                env.number("PRESENCE_GRACE_SECONDS", 10_u32)?.into(),
            ),
            presence_away: presence_away(env)?,
            tokens: AccessTokenKey::from_env(env)?,
            credential: InternalCredential::from_env(env)?,
        })
    }
}

fn public_url(env: &Env, port: u16) -> Result<Url, ConfigError> {
    env.string("PUBLIC_URL", &format!("http://localhost:{port}"))?
        .parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ConfigError::new("PUBLIC_URL", "is not an http or https URL"))
}

/// The front end of a contract.
fn app_url(env: &Env, name: &str, port: u16) -> Result<Url, ConfigError> {
    let Some(text) = env.optional(name)? else {
        return public_url(env, port);
    };
    text.parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ConfigError::new(name, "is not an http or https URL"))
}

/// A name of this server, as clients send it in `Host`.
fn contract_host(env: &Env, name: &str) -> Result<Option<String>, ConfigError> {
    let Some(text) = env.optional(name)? else {
        return Ok(None);
    };
    let host = text.to_ascii_lowercase();
    let sound = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if sound && !host.is_empty() {
        Ok(Some(host))
    } else {
        Err(ConfigError::new(
            name,
            "is not a host such as chat.example.com",
        ))
    }
}

fn origins(env: &Env) -> Result<Origins, ConfigError> {
    let wrong = || {
        let example = r#"is not a JSON list of origins such as ["http://localhost:5173"]"#;
        ConfigError::new("CORS_ORIGINS", example)
    };
    let text = match env.optional("CORS_ORIGINS")? {
        Some(text) => text,
        None if env.flag("API_DEBUG", false)? => return Ok(Origins::Any),
        None => r#"["http://localhost:5173", "https://oruma.com"]"#.to_owned(),
    };
    let list: Vec<String> = serde_json::from_str(&text).map_err(|_| wrong())?;
    if list.iter().any(|origin| origin == "*") {
        return Ok(Origins::Any);
    }
    list.into_iter()
        .map(|text| {
            let url: Url = text.parse().map_err(|_| wrong())?;
            let origin = url.origin();
            if origin.is_tuple() {
                Ok(origin.ascii_serialization())
            } else {
                Err(wrong())
            }
        })
        .collect::<Result<_, _>>()
        .map(Origins::Only)
}

fn trusted_proxies(env: &Env) -> Result<Vec<IpNet>, ConfigError> {
    env.string("TRUSTED_PROXIES", "")?
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    ConfigError::new(
                        "TRUSTED_PROXIES",
                        "is not a list of networks such as 10.0.0.0/8",
                    )
                })
        })
        .collect()
}

fn largest_frame(env: &Env) -> Result<usize, ConfigError> {
    let largest: u32 = env.number("SOCKET_MAX_FRAME_BYTES", 65_536)?;
    match usize::try_from(largest) {
        Ok(largest @ 1_024..=1_048_576) => Ok(largest),
        _ => Err(ConfigError::new(
            "SOCKET_MAX_FRAME_BYTES",
            "must be between 1024 and 1048576",
        )),
    }
}

fn presence_audience(env: &Env) -> Result<PresenceAudience, ConfigError> {
    match env.string("PRESENCE_AUDIENCE", "peers")?.as_str() {
        "peers" => Ok(PresenceAudience::Peers),
        "everyone" => Ok(PresenceAudience::Everyone),
        _ => Err(ConfigError::new(
            "PRESENCE_AUDIENCE",
            "is neither peers nor everyone",
        )),
    }
}

fn presence_away(env: &Env) -> Result<Duration, ConfigError> {
    match env.number("PRESENCE_AWAY_SECONDS", 300_u32)? {
        seconds @ 1..=86_400 => Ok(Duration::from_secs(seconds.into())),
        _ => Err(ConfigError::new(
            "PRESENCE_AWAY_SECONDS",
            "must be between 1 and 86400",
        )),
    }
}

fn quotas(env: &Env) -> Result<Option<ContractQuotas>, ConfigError> {
    if !env.flag("RATE_LIMIT_ENABLED", true)? {
        return Ok(None);
    }
    let quota = |name: &str, default: u32, minutes: u64| -> Result<Quota, ConfigError> {
        let permits = env.number(name, default)?;
        if permits == 0 {
            return Err(ConfigError::new(name, "must be at least 1"));
        }
        Ok(Quota {
            permits,
            period: Duration::from_secs(60 * minutes),
            burst: 0,
        })
    };
    let oruma = Quotas {
        requests: Quota {
            burst: env.number("RATE_LIMIT_BURST", 10)?,
            ..quota("RATE_LIMIT_REQUESTS_PER_MINUTE", 60, 1)?
        },
        logins: quota("RATE_LIMIT_LOGIN_PER_MINUTE", 5, 1)?,
        uploads: quota("RATE_LIMIT_UPLOADS_PER_MINUTE", 10, 1)?,
        messages: None,
    };
    let connectbest = Quotas {
        requests: quota("CONNECTBEST_REQUESTS_PER_HOUR", 1_000, 60)?,
        logins: quota("CONNECTBEST_LOGINS_PER_15_MINUTES", 5, 15)?,
        uploads: quota("CONNECTBEST_UPLOADS_PER_HOUR", 20, 60)?,
        messages: Some(quota("CONNECTBEST_MESSAGES_PER_MINUTE", 100, 1)?),
    };
    Ok(Some(ContractQuotas { oruma, connectbest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: [(&str, &str); 2] = [
        ("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("JWT_SECRET_KEY", "K3vJ8x-unguessable-0123456789abcdef"),
    ];

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_env(&Env::of_pairs(
            BASE.into_iter().chain(extra.iter().copied()),
        ))
    }

    /// O-114, O-115, O-122, O-148…O-150, C-178…C-181: the defaults are those of the contracts.
    #[test]
    fn defaults_are_those_of_the_contracts() {
        let config = read(&[]).unwrap();
        assert_eq!(config.address.to_string(), "0.0.0.0:3333");
        let origins = ["http://localhost:5173", "https://oruma.com"].map(str::to_owned);
        assert_eq!(config.origins, Origins::Only(origins.to_vec()));
        let quotas = config.quotas.unwrap();
        let oruma = quotas.of(Contract::Oruma);
        assert_eq!(oruma.requests, Quota::per_minute(60, 10));
        assert_eq!(oruma.logins, Quota::per_minute(5, 0));
        assert_eq!(oruma.uploads, Quota::per_minute(10, 0));
        let connectbest = quotas.of(Contract::Connectbest);
        let of = |permits, minutes: u64| Quota {
            permits,
            period: Duration::from_secs(60 * minutes),
            burst: 0,
        };
        assert_eq!(connectbest.requests, of(1_000, 60));
        assert_eq!(connectbest.logins, of(5, 15));
        assert_eq!(connectbest.uploads, of(20, 60));
        assert_eq!(connectbest.messages, Some(of(100, 1)));
        assert_eq!(config.connectbest_app.as_str(), "http://localhost:3333/");
        assert_eq!(config.connectbest_host, None);
    }

    /// O-124: in development any page may call, unless origins are named.
    #[test]
    fn development_is_permissive() {
        assert_eq!(
            read(&[("API_DEBUG", "true")]).unwrap().origins,
            Origins::Any
        );
        let named = read(&[
            ("API_DEBUG", "true"),
            ("CORS_ORIGINS", r#"["https://a.example/"]"#),
        ]);
        assert_eq!(
            named.unwrap().origins,
            Origins::Only(vec!["https://a.example".to_owned()])
        );
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("API_HOST", "here"),
            ("API_PORT", "70000"),
            ("PUBLIC_URL", "nowhere"),
            ("CORS_ORIGINS", "http://a.example"),
            ("CORS_ORIGINS", r#"["a.example"]"#),
            ("TRUSTED_PROXIES", "10.0.0.0/33"),
            ("RATE_LIMIT_REQUESTS_PER_MINUTE", "0"),
            ("RATE_LIMIT_ENABLED", "perhaps"),
            ("CONNECTBEST_HOST", "https://chat.example"),
            ("CONNECTBEST_APP_URL", "nowhere"),
            ("CONNECTBEST_MESSAGES_PER_MINUTE", "0"),
            ("SOCKET_MAX_FRAME_BYTES", "10"),
            ("PRESENCE_AUDIENCE", "nobody"),
            ("PRESENCE_GRACE_SECONDS", "-1"),
            ("PRESENCE_AWAY_SECONDS", "0"),
        ] {
            assert_eq!(
                read(&[(name, value)]).unwrap_err().variable,
                name,
                "{value}"
            );
        }
        assert_eq!(
            Config::from_env(&Env::of_pairs([BASE[0]]))
                .unwrap_err()
                .variable,
            "JWT_SECRET_KEY"
        );
    }
}
