//! Who may call at all, and on whose behalf.

use std::collections::BTreeSet;

use oruma_proto::marketplace::v1 as proto;
use oruma_proto::marketplace::v1::item_service_client::ItemServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Channel, Role, ShowCredential};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::support::{
    CREDENTIAL, MIT, Market, NOTHING, admin, change, credential, guest, id_of, no_item, not_seller,
    person_of, refused, student,
};

/// Shows a credential, or none.
#[derive(Clone)]
struct Shown(Option<ShowCredential>);

impl Interceptor for Shown {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        match &mut self.0 {
            Some(credential) => credential.call(request),
            None => Ok(request),
        }
    }
}

fn showing(market: &Market, secret: Option<&str>) -> InterceptedService<Channel, Shown> {
    let shown = secret.map(|secret| credential(secret).shown());
    InterceptedService::new(market.channel(), Shown(shown))
}

/// Makes each call of each service with an empty message, and tells how it was answered.
async fn every_call(
    client: InterceptedService<Channel, Shown>,
    caller: Option<&Caller>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut items = ItemServiceClient::new(client);
    let mut answers = Vec::new();
    macro_rules! call {
        ($client:ident . $method:ident ( $name:literal, $message:ident )) => {{
            let message = proto::$message::default();
            let request = match caller {
                Some(caller) => caller.send(message),
                None => Request::new(message),
            };
            answers.push(($name, $client.$method(request).await.map(drop)));
        }};
    }
    call!(items.create_item("CreateItem", CreateItemRequest));
    call!(items.get_item("GetItem", GetItemRequest));
    call!(items.check_seller("CheckSeller", CheckSellerRequest));
    call!(items.update_item("UpdateItem", UpdateItemRequest));
    call!(items.delete_item("DeleteItem", DeleteItemRequest));
    call!(items.list_items("ListItems", ListItemsRequest));
    call!(items.list_similar_items("ListSimilarItems", ListSimilarItemsRequest));
    call!(items.list_item_categories("ListItemCategories", ListItemCategoriesRequest));
    call!(items.set_item_save("SetItemSave", SetItemSaveRequest));
    call!(items.view_item("ViewItem", ViewItemRequest));
    call!(items.report_item("ReportItem", ReportItemRequest));
    call!(items.create_review("CreateReview", CreateReviewRequest));
    call!(items.export_items("ExportItems", ExportItemsRequest));
    answers
}

/// The calls made here are all that there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_service_is_tried() {
    let declared: BTreeSet<&str> =
        include_str!("../../../../proto/oruma/marketplace/v1/marketplace_service.proto")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next())
            .collect();
    let market = Market::start().await;
    let answers = every_call(showing(&market, None), None).await;
    let tried: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, declared);
}

/// O-042 to O-055: without the credential of the installation nothing is answered, whoever the caller says to be.
#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_the_credential_are_answered() {
    let market = Market::start().await;
    let longer = format!("{CREDENTIAL}X");
    for secret in [
        None,
        Some(longer.as_str()),
        Some("another-credential-of-32-characters"),
    ] {
        for caller in [None, Some(&admin())] {
            for (name, answer) in every_call(showing(&market, secret), caller).await {
                let status = answer.unwrap_err();
                assert_eq!(status.code(), Code::Unauthenticated, "{name}");
                assert_eq!(status.message(), "the call shows no internal credential");
            }
        }
    }
}

/// O-042 to O-055: nobody is refused by every call, before any field is judged and before it is said what is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_by_every_call() {
    let market = Market::start().await;
    let answers = every_call(showing(&market, Some(CREDENTIAL)), Some(&guest())).await;
    for (name, answer) in answers {
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::Unauthenticated, "{name}");
        assert_eq!(RpcError::from(status).reason, "not_signed_in", "{name}");
    }
    let wrong = proto::ListItemsRequest {
        seller_id: "nonsense".to_owned(),
        page_size: -1,
        page_token: "nonsense".to_owned(),
        ..Default::default()
    };
    let refusal = market.list(&guest(), wrong).await;
    refused(refusal, ErrorCode::Unauthenticated, "not_signed_in");
}

/// An edge that doesn't say on whose behalf it calls has a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_no_caller_is_a_mistake() {
    let market = Market::start().await;
    let answers = every_call(showing(&market, Some(CREDENTIAL)), None).await;
    for (name, answer) in answers {
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::InvalidArgument, "{name}");
        assert_eq!(status.message(), "the call names no caller");
    }
}

/// O-045, O-046, O-167: strangers change and remove nothing, administrators remove and don't change, the seller does both.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_seller_changes_and_administrators_also_remove() {
    let market = Market::start().await;
    let ada = student(1);
    for remover in [ada.clone(), admin()] {
        let item = market.offer(&ada, "mine").await;
        for stranger in [student(2), person_of(3, MIT, Role::User), admin()] {
            not_seller(market.check_seller(&stranger, &item.id).await);
            // Said before what is wrong with the change.
            for title in ["hacked", ""] {
                let request = proto::UpdateItemRequest {
                    title: Some(title.to_owned()),
                    ..change(&item)
                };
                not_seller(market.update(&stranger, request).await);
            }
            not_seller(market.step(&stranger, &item, "reserved", None).await);
            if stranger != admin() {
                not_seller(market.delete(&stranger, &item.id).await);
            }
            // O-180: everybody may look, save and report.
            assert_eq!(market.get(&stranger, &item.id).await.unwrap(), item);
            market.save(&stranger, &item.id, Some(true)).await.unwrap();
            market.save(&stranger, &item.id, Some(false)).await.unwrap();
            market
                .report(&stranger, &item.id, "spam", "")
                .await
                .unwrap();
        }
        market.view(&student(2), &item.id).await.unwrap();
        market.check_seller(&ada, &item.id).await.unwrap();
        let request = proto::UpdateItemRequest {
            title: Some("better".to_owned()),
            ..change(&item)
        };
        market.update(&ada, request).await.unwrap();
        market.delete(&remover, &item.id).await.unwrap();
        let last = market.outbox().await.pop().unwrap();
        assert_eq!(last.data["deletedBy"], id_of(&remover));
        assert_eq!(last.data["sellerId"], id_of(&ada));
    }
}

/// O-044 to O-055: what is not there, or is no id, is not found by any call.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let market = Market::start().await;
    let ada = student(1);
    for id in [NOTHING, "", "7", "nonsense", "../items"] {
        let item = proto::Item {
            id: id.to_owned(),
            ..Default::default()
        };
        no_item(market.get(&ada, id).await);
        no_item(market.check_seller(&ada, id).await);
        no_item(market.step(&ada, &item, "nonsense", None).await);
        no_item(market.delete(&ada, id).await);
        no_item(market.similar(&ada, id, -1).await);
        no_item(market.save(&ada, id, None).await);
        no_item(market.view(&ada, id).await);
        no_item(market.report(&ada, id, "", "").await);
        no_item(market.review(&ada, id, 0, "").await);
    }
}
