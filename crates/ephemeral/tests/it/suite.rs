//! The facts that hold for both implementations. Each gets two handles, as two processes would have them.

pub(crate) mod groups;
pub(crate) mod logs;
pub(crate) mod messages;
pub(crate) mod quotas;
pub(crate) mod values;

use oruma_ephemeral::SharedEphemeral;

/// One installation as seen by two processes; what keeps it running lives as long.
pub(crate) struct Installation<Guard> {
    pub(crate) one: SharedEphemeral,
    pub(crate) other: SharedEphemeral,
    pub(crate) _guard: Guard,
}

/// Makes a test of each fact of one group, with an installation made by the expression.
macro_rules! facts_hold_for {
    ($installation:expr, $group:ident: $($fact:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $fact() {
                let installation = $installation;
                crate::suite::$group::$fact(&installation.one, &installation.other).await;
            }
        )+
    };
}

/// Makes a test of each fact of the suite.
macro_rules! whole_suite_holds_for {
    ($installation:expr) => {
        crate::suite::facts_hold_for! { $installation, messages:
            messages_follow_the_first_connected,
            every_subscriber_of_the_topic_receives_and_nobody_else,
            any_bytes_are_a_message,
            messages_keep_the_order_of_their_publisher,
            publishing_to_nobody_is_no_error,
            a_dropped_subscription_leaves_the_others_alone,
            a_topic_can_be_left_and_joined_again,
            a_reader_that_falls_behind_is_told,
        }
        crate::suite::facts_hold_for! { $installation, logs:
            entries_come_in_one_order_to_every_reader,
            a_reader_first_gets_what_is_kept,
            a_new_log_begins_where_its_first_entry_is,
            what_is_too_much_goes_first,
            what_is_too_old_goes_first,
            what_has_too_many_bytes_goes_first,
            a_reader_that_falls_out_of_the_log_is_told,
            entries_of_many_writers_are_each_told_once,
            any_bytes_are_an_entry,
        }
        crate::suite::facts_hold_for! { $installation, groups:
            of_many_that_hold_a_member_one_is_told,
            a_released_member_leaves_after_the_grace_and_is_told_once,
            a_member_held_again_within_the_grace_stays,
            a_member_held_by_another_stays,
            a_lease_that_is_not_renewed_ends,
            a_renewed_lease_does_not_end,
            groups_do_not_mix,
        }
        crate::suite::facts_hold_for! { $installation, values:
            a_value_is_read_by_every_process_until_it_is_removed,
            any_bytes_are_a_value,
            putting_again_replaces_the_value_and_its_end,
            a_value_expires,
            an_expired_value_makes_room_for_another,
            of_many_that_put_if_absent_one_succeeds,
            of_many_that_remove_one_succeeds,
            a_time_to_live_has_bounds_instead_of_errors,
            it_answers_a_ping,
        }
        crate::suite::facts_hold_for! { $installation, quotas:
            the_capacity_is_given_and_then_refused,
            quotas_of_other_keys_are_untouched,
            a_quota_and_a_value_may_share_a_name,
            together_processes_never_take_more_than_the_capacity,
            a_refused_caller_succeeds_after_retry_after,
            a_quota_of_zero_a_minute_gives_nothing,
            the_largest_quota_works,
        }
    };
}

pub(crate) use {facts_hold_for, whole_suite_holds_for};
