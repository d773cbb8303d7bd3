//! What the tests stand on: a running service with a database, a clock, a broker and a media service of its own.

use std::ops::Deref;
use std::sync::Arc;

use oruma_broker::{Broker, InProcessBroker, Subscription};
use oruma_marketplace::app::App;
use oruma_marketplace::config::Config;
use oruma_marketplace::service::{MIGRATIONS, Service};
use oruma_postgres::StoreError;
use oruma_proto::marketplace::v1 as proto;
use oruma_proto::marketplace::v1::item_service_client::ItemServiceClient;
use oruma_proto::media::v1::ImageFolder;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Caller, Channel, Clock, ClockHand, Env, GrpcClient, GrpcListener, Random, Stop, in_process,
};
pub(crate) use oruma_service_test_kit::{
    MIT, NOTHING, STANFORD, admin, answered, credential, guest, id_of, invalid_fields, naming,
    person_of, refused, start_time, student,
};
use oruma_service_test_kit::{Media, Tables, Told};
use oruma_test_kit::TestDatabase;

use serde_json::Value;

pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-marketplace-tests";

/// What a service is made from, to be changed before it starts.
pub(crate) struct Setup {
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
    /// Every replica draws ids of its own.
    pub(crate) seed: u64,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(
            TestDatabase::create("marketplace", MIGRATIONS).await,
        ))
    }

    /// On a database that exists: another replica, or the same after a restart.
    pub(crate) fn on(database: Arc<TestDatabase>) -> Self {
        let (clock, hand) = Clock::standing(start_time());
        Self {
            database,
            clock,
            hand,
            seed: 7,
        }
    }

    /// Starts the service. Its events stay in the outbox until the broker is released.
    pub(crate) async fn start(self) -> Market {
        let stop = Stop::new();
        let media = Media::of(ImageFolder::Marketplace);
        let (listener, channel) = in_process();
        let broker = Arc::new(InProcessBroker::holding(None));
        let told = Told::default();
        let everything = Subscription::once("tests.everything", ["#"]);
        broker
            .subscribe(everything, Arc::new(told.clone()))
            .await
            .unwrap();
        let media_channel = media.serve(credential(CREDENTIAL), &stop);
        let surroundings = Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            clock: self.clock,
            random: Random::seeded(self.seed),
        };
        let env = Env::of_pairs([
            ("DATABASE_URL", self.database.url()),
            ("INTERNAL_GRPC_TOKEN", CREDENTIAL),
        ]);
        let config = Config {
            database: self.database.config().clone(),
            ..Config::from_env(&env).unwrap()
        };
        let service = Service::build(config, surroundings, media_channel).unwrap();
        let app = service.app();
        service.start(&stop).await.unwrap();
        Market {
            stop,
            channel,
            app,
            broker,
            told,
            media,
            clock: self.hand,
            tables: Tables::of(&self.database),
            database: self.database,
        }
    }
}

/// A running service.
pub(crate) struct Market {
    stop: Stop,
    channel: Channel,
    pub(crate) app: Arc<App>,
    pub(crate) broker: Arc<InProcessBroker>,
    /// What subscribers of all events were told.
    pub(crate) told: Told,
    pub(crate) media: Media,
    pub(crate) clock: ClockHand,
    tables: Tables,
    pub(crate) database: Arc<TestDatabase>,
}

impl Deref for Market {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Drop for Market {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

// === impl Market: items ===

impl Market {
    /// Writes the views and searches that were collected.
    pub(crate) async fn write_analytics(&self) -> Result<(), StoreError> {
        let app = &self.app;
        app.analytics.write(&app.database, &app.clock).await
    }

    pub(crate) async fn start() -> Self {
        Setup::new().await.start().await
    }

    /// The way to the service without any credential.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::new(self.channel(), credential(CREDENTIAL).shown())
    }

    pub(crate) fn items(&self) -> ItemServiceClient<GrpcClient> {
        ItemServiceClient::new(self.client())
    }

    pub(crate) async fn create(
        &self,
        caller: &Caller,
        request: proto::CreateItemRequest,
    ) -> Result<proto::Item, RpcError> {
        let answer = answered(self.items().create_item(caller.send(request)).await)?;
        Ok(answer.item.unwrap())
    }

    /// Offers a thing of that name, which is like any other.
    pub(crate) async fn offer(&self, caller: &Caller, title: &str) -> proto::Item {
        self.create(caller, thing(title)).await.unwrap()
    }

    pub(crate) async fn get(&self, caller: &Caller, id: &str) -> Result<proto::Item, RpcError> {
        let request = caller.send(proto::GetItemRequest {
            item_id: id.to_owned(),
        });
        Ok(answered(self.items().get_item(request).await)?
            .item
            .unwrap())
    }

    pub(crate) async fn check_seller(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::CheckSellerRequest {
            item_id: id.to_owned(),
        });
        answered(self.items().check_seller(request).await).map(drop)
    }

    pub(crate) async fn update(
        &self,
        caller: &Caller,
        request: proto::UpdateItemRequest,
    ) -> Result<proto::Item, RpcError> {
        let answer = answered(self.items().update_item(caller.send(request)).await)?;
        Ok(answer.item.unwrap())
    }

    /// Takes a step of a sale, with a buyer unless that is nobody.
    pub(crate) async fn step(
        &self,
        caller: &Caller,
        item: &proto::Item,
        status: &str,
        buyer: Option<&Caller>,
    ) -> Result<proto::Item, RpcError> {
        let request = proto::UpdateItemRequest {
            status: Some(status.to_owned()),
            buyer_id: buyer.map(id_of),
            ..change(item)
        };
        self.update(caller, request).await
    }

    /// Offers a thing and sells it.
    pub(crate) async fn sell(&self, seller: &Caller, buyer: Option<&Caller>) -> proto::Item {
        let item = self.offer(seller, "sold").await;
        self.step(seller, &item, "reserved", buyer).await.unwrap();
        self.step(seller, &item, "sold", None).await.unwrap()
    }

    pub(crate) async fn delete(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteItemRequest {
            item_id: id.to_owned(),
        });
        answered(self.items().delete_item(request).await).map(drop)
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        request: proto::ListItemsRequest,
    ) -> Result<proto::ListItemsResponse, RpcError> {
        answered(self.items().list_items(caller.send(request)).await)
    }

    /// The titles of the first 50 items of a list.
    pub(crate) async fn titles(
        &self,
        caller: &Caller,
        request: proto::ListItemsRequest,
    ) -> Vec<String> {
        let request = proto::ListItemsRequest {
            page_size: 50,
            ..request
        };
        let page = self.list(caller, request).await.unwrap();
        page.items.into_iter().map(|item| item.title).collect()
    }

    pub(crate) async fn similar(
        &self,
        caller: &Caller,
        id: &str,
        page_size: i32,
    ) -> Result<Vec<proto::Item>, RpcError> {
        let request = caller.send(proto::ListSimilarItemsRequest {
            item_id: id.to_owned(),
            page_size,
        });
        Ok(answered(self.items().list_similar_items(request).await)?.items)
    }

    /// Id, name and count of each category.
    pub(crate) async fn categories(&self, caller: &Caller) -> Vec<(String, String, i64)> {
        let request = caller.send(proto::ListItemCategoriesRequest {});
        let answer = answered(self.items().list_item_categories(request).await).unwrap();
        answer
            .categories
            .into_iter()
            .map(|of| (of.id, of.name, of.count))
            .collect()
    }

    /// Whether the caller has saved the item now, and how many have.
    pub(crate) async fn save(
        &self,
        caller: &Caller,
        id: &str,
        saved: Option<bool>,
    ) -> Result<(bool, i64), RpcError> {
        let request = caller.send(proto::SetItemSaveRequest {
            item_id: id.to_owned(),
            saved,
        });
        let answer = answered(self.items().set_item_save(request).await)?;
        Ok((answer.saved, answer.save_count))
    }

    pub(crate) async fn view(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::ViewItemRequest {
            item_id: id.to_owned(),
        });
        answered(self.items().view_item(request).await).map(drop)
    }

    pub(crate) async fn report(
        &self,
        caller: &Caller,
        id: &str,
        reason: &str,
        description: &str,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::ReportItemRequest {
            item_id: id.to_owned(),
            reason: reason.to_owned(),
            description: description.to_owned(),
        });
        answered(self.items().report_item(request).await).map(drop)
    }

    pub(crate) async fn review(
        &self,
        caller: &Caller,
        id: &str,
        rating: i32,
        comment: &str,
    ) -> Result<proto::Review, RpcError> {
        let request = caller.send(proto::CreateReviewRequest {
            item_id: id.to_owned(),
            rating,
            comment: comment.to_owned(),
        });
        Ok(answered(self.items().create_review(request).await)?
            .review
            .unwrap())
    }

    pub(crate) async fn export(&self, caller: &Caller) -> Value {
        let request = caller.send(proto::ExportItemsRequest {});
        let answer = answered(self.items().export_items(request).await).unwrap();
        serde_json::from_str(&answer.document).unwrap()
    }
}

// === impl Market: what is behind ===

/// Every item and seller whose counters differ from their rows.
const WRONG: &str = "
    SELECT i.id FROM marketplace.items i WHERE (i.save_count, i.view_count) IS DISTINCT FROM (
        (SELECT count(*) FROM marketplace.item_saves s WHERE s.item_id = i.id), (SELECT count(*) FROM marketplace.item_views v WHERE v.item_id = i.id))
    UNION ALL
    SELECT s.seller_id FROM marketplace.sellers s WHERE (s.review_count, s.rating_sum) IS DISTINCT FROM (
        (SELECT count(*) FROM marketplace.reviews r WHERE r.seller_id = s.seller_id),
        (SELECT coalesce(sum(r.rating), 0) FROM marketplace.reviews r WHERE r.seller_id = s.seller_id))";

impl Market {
    /// Every counter must be the number of its rows.
    pub(crate) async fn assert_counters(&self) {
        assert_eq!(self.rows(WRONG).await, Vec::<Value>::new());
    }
}

/// A thing of that name, which is like any other.
pub(crate) fn thing(title: &str) -> proto::CreateItemRequest {
    proto::CreateItemRequest {
        title: title.to_owned(),
        description: "as good as any".to_owned(),
        price: "10".to_owned(),
        condition: "Good".to_owned(),
        category: "things".to_owned(),
        ..Default::default()
    }
}

/// A change of an item that changes nothing yet.
pub(crate) fn change(item: &proto::Item) -> proto::UpdateItemRequest {
    proto::UpdateItemRequest {
        item_id: item.id.clone(),
        ..Default::default()
    }
}

pub(crate) fn list_of(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The refusal must be that there is no such item.
#[track_caller]
pub(crate) fn no_item<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "item_not_found");
}

/// The refusal must be that the item is somebody else's.
#[track_caller]
pub(crate) fn not_seller<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_seller");
}
