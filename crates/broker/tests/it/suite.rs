//! What both implementations must do.

pub(crate) mod crashes;
pub(crate) mod dead_letters;
pub(crate) mod delivery;
pub(crate) mod failures;

/// Runs the whole suite in the world that the function makes.
macro_rules! suite {
    ($world:path) => {
        crate::suite::suite! { $world, delivery:
            each_queue_that_wants_an_event_gets_it,
            a_duplicate_has_its_effect_once,
            events_of_a_subject_keep_their_order,
            a_slow_subject_does_not_hold_up_others,
            each_process_gets_the_event,
            what_nobody_wants_is_gone,
            an_invalid_event_is_refused_alone,
            a_queue_is_subscribed_once,
            a_closed_broker_takes_nothing,
        }
        crate::suite::suite! { $world, failures:
            a_failure_is_tried_again,
            a_panic_is_tried_again,
            a_call_that_takes_too_long_is_given_up,
            an_outage_is_waited_for,
        }
        crate::suite::suite! { $world, dead_letters:
            too_many_failures_make_a_dead_letter,
            poison_is_a_dead_letter_at_once,
            a_dead_letter_gets_another_chance,
            a_queue_without_dead_letters_has_none,
        }
        crate::suite::suite! { $world, crashes:
            a_close_finishes_what_is_under_way_and_hands_back_the_rest,
            a_crash_while_handling_loses_nothing,
            a_subject_keeps_its_order_over_crashes,
        }
    };
    ($world:path, $module:ident: $($test:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let world = $world().await;
                crate::suite::$module::$test(&world).await;
                world.end().await;
            }
        )*
    };
}

pub(crate) use suite;
