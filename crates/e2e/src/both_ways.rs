//! One scenario, in both ways to run.

/// Makes two tests of each scenario, `async fn(&Deployment)`: `<scenario>::standalone` and `<scenario>::distributed`. Before them may
/// stand the module with the two deployments that are meant; without, that is `support`.
#[macro_export]
#[expect(
    clippy::crate_in_macro_def,
    reason = "the deployments are those of the tests that use it"
)]
macro_rules! both_ways {
    ($module:ident: $($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[tokio::test]
            async fn standalone() {
                let deployment = crate::$module::standalone().await;
                let _tail = $crate::Tail::of(deployment);
                super::$scenario(deployment).await;
            }

            #[tokio::test]
            async fn distributed() {
                let deployment = crate::$module::distributed().await;
                let _tail = $crate::Tail::of(deployment);
                super::$scenario(deployment).await;
            }
        }
    )+};
    ($($scenario:ident),+ $(,)?) => { $crate::both_ways!(support: $($scenario),+); };
}
