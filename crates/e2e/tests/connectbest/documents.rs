//! The documents of the contract.

use oruma_e2e::Deployment;

use crate::support::{both_ways, chat};

both_ways!(the_documents_are_there, the_portal_lists_the_contracts);

/// C-065, C-220, C-222, K-08: the page, the document, and the collection that is made of it.
async fn the_documents_are_there(deployment: &Deployment) {
    let api = chat(deployment);
    for page in ["/docs", "/api/docs"] {
        let moved = api.get(page).send().await.must_be(308);
        assert_eq!(moved.header("location"), format!("/connectbest{page}/"));
        let shown = api.get(&format!("{page}/")).send().await.must_be(200);
        assert!(shown.header("content-type").starts_with("text/html"));
        assert!(
            shown
                .header("content-security-policy")
                .contains("default-src 'self'")
        );
    }
    let document = api.get("/openapi.json").send().await.must_be(200).json();
    assert_eq!(document["info"]["title"], "ConnectBest Chat API");
    let collection = api.get("/postman.json").send().await.must_be(200).json();
    let base = format!("{}/connectbest", deployment.variable("PUBLIC_URL"));
    assert_eq!(collection["variable"][0]["value"], base);
    let collection = deployment
        .client()
        .get("/postman.json")
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(collection["info"]["name"], "Oruma Student Hub API");
}

/// K-08: one portal for all contracts.
async fn the_portal_lists_the_contracts(deployment: &Deployment) {
    let settings = deployment
        .client()
        .get("/api/docs/swagger-initializer.js")
        .send()
        .await
        .must_be(200);
    let text = String::from_utf8_lossy(&settings.body).into_owned();
    for document in ["/openapi.json", "/connectbest/openapi.json"] {
        assert!(text.contains(document), "{text}");
    }
}
