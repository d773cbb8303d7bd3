//! What the gateway reads from its environment.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use oruma_ephemeral::Quota;
use oruma_service_runtime::{AccessTokenKey, ConfigError, Env, InternalCredential};
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
    /// The quotas of the contract `oruma`; `None` where `RATE_LIMIT_ENABLED` is false.
    pub quotas: Option<Quotas>,
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

/// How many requests are answered (O-148…O-150).
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// `RATE_LIMIT_REQUESTS_PER_MINUTE` (60) and `RATE_LIMIT_BURST` (10): requests of a person, or of an address without one.
    pub requests: Quota,
    /// `RATE_LIMIT_LOGIN_PER_MINUTE` (5): sign-ins of an address.
    pub logins: Quota,
    /// `RATE_LIMIT_UPLOADS_PER_MINUTE` (10): uploads of a person.
    pub uploads: Quota,
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

fn quotas(env: &Env) -> Result<Option<Quotas>, ConfigError> {
    if !env.flag("RATE_LIMIT_ENABLED", true)? {
        return Ok(None);
    }
    let quota = |name: &str, default: u32, burst: u32| -> Result<Quota, ConfigError> {
        let per_minute = env.number(name, default)?;
        if per_minute == 0 {
            return Err(ConfigError::new(name, "must be at least 1"));
        }
        Ok(Quota { per_minute, burst })
    };
    let burst = env.number("RATE_LIMIT_BURST", 10)?;
    Ok(Some(Quotas {
        requests: quota("RATE_LIMIT_REQUESTS_PER_MINUTE", 60, burst)?,
        logins: quota("RATE_LIMIT_LOGIN_PER_MINUTE", 5, 0)?,
        uploads: quota("RATE_LIMIT_UPLOADS_PER_MINUTE", 10, 0)?,
    }))
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

    /// O-114, O-115, O-122, O-148…O-150: the defaults are those of the contract.
    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();
        assert_eq!(config.address.to_string(), "0.0.0.0:3333");
        let origins = ["http://localhost:5173", "https://oruma.com"].map(str::to_owned);
        assert_eq!(config.origins, Origins::Only(origins.to_vec()));
        let quotas = config.quotas.unwrap();
        assert_eq!(
            (quotas.requests.per_minute, quotas.requests.burst),
            (60, 10)
        );
        assert_eq!(
            (quotas.logins.per_minute, quotas.uploads.per_minute),
            (5, 10)
        );
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
