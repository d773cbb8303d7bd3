//! The contract under a name of its own.

use oruma_e2e::Deployment;

use crate::support::{both_ways, chat, member};

both_ways!(a_host_has_the_contract_at_its_root);

/// K-47: what is asked for at the contract's host is served as if below the mount, with the same documents; other hosts stay as they are.
async fn a_host_has_the_contract_at_its_root(deployment: &Deployment) {
    let (api, member) = (deployment.client(), member(deployment).await);
    for host in ["chat.example", "Chat.Example:8443"] {
        let call = api
            .get("/api/auth/me")
            .bearer(&member.token)
            .header("host", host);
        let me = call.send().await.must_be(200).json();
        assert_eq!(me["user"]["id"], member.id);
        let call = api
            .get("/connectbest/api/auth/me")
            .bearer(&member.token)
            .header("host", host);
        assert_eq!(call.send().await.must_be(200).json(), me);
        let document = api
            .get("/openapi.json")
            .header("host", host)
            .send()
            .await
            .must_be(200)
            .json();
        assert_eq!(document["info"]["title"], "ConnectBest Chat API");
    }
    let call = api
        .get("/api/auth/me")
        .bearer(&member.token)
        .header("host", "hub.example");
    assert_eq!(call.send().await.status, 401);
    assert_eq!(chat(deployment).me(&member.token).await.status, 200);
}
