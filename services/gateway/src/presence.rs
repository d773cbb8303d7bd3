//! What others see of somebody: what the person said, as far as the person is there.

use oruma_proto::auth::v1::UserStatus;

/// The status to show. `is_online` tells whether the person has a socket open; what nobody knows does not count.
pub(crate) fn status(chosen: UserStatus, is_online: Option<bool>) -> UserStatus {
    match is_online {
        Some(false) => UserStatus::Offline,
        Some(true) | None => chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_there_is_offline() {
        let busy = UserStatus::Busy;
        assert_eq!(status(busy, Some(false)), UserStatus::Offline);
        assert_eq!(status(busy, Some(true)), busy);
        assert_eq!(status(busy, None), busy);
    }
}
