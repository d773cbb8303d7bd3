//! The moderators' queue.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use oruma_broker::{Broker, Event};
use oruma_proto::social::v1 as proto;
use oruma_proto::{events, marketplace};
use oruma_rpc_error::ErrorCode;
use oruma_test_kit::eventually;
use serde::Serialize;
use uuid::Uuid;

use crate::support::{
    NOTHING, Social, admin, answered, id_of, invalid_fields, no_post, refused, start_time, student,
    user_id,
};

const OPEN: i32 = proto::ReportState::Open as i32;

fn all() -> proto::ListReportsRequest {
    proto::ListReportsRequest::default()
}

async fn get(social: &Social, id: &str) -> proto::Report {
    let request = admin().send(proto::GetReportRequest {
        report_id: id.to_owned(),
    });
    let answer = answered(social.report_service().get_report(request).await).unwrap();
    answer.report.unwrap()
}

/// A fact of another service, as the broker brings it.
fn fact(nth: u128, kind: &str, data: &impl Serialize) -> Event {
    Event::new(
        Uuid::from_u128(nth),
        kind,
        "/tests",
        NOTHING.to_owned(),
        start_time(),
        data,
    )
}

fn event_reported() -> events::v1::EventReportedV1 {
    events::v1::EventReportedV1 {
        event_id: Uuid::from_u128(77).to_string(),
        organizer_id: user_id(1).to_string(),
        reporter_id: user_id(2).to_string(),
        reason: "fake".to_owned(),
        description: "no such hall".to_owned(),
        reported_at: Some(start_time().into()),
    }
}

fn item_reported() -> marketplace::v1::ItemReportedV1 {
    marketplace::v1::ItemReportedV1 {
        item_id: Uuid::from_u128(78).to_string(),
        seller_id: user_id(1).to_string(),
        reporter_id: user_id(3).to_string(),
        reason: "stolen".to_owned(),
        description: String::new(),
        reported_at: Some((start_time() + TimeDelta::minutes(1)).into()),
    }
}

/// Reports on posts, events and items land in one queue, oldest first, each once however often it is told.
#[tokio::test(flavor = "multi_thread")]
async fn all_reports_land_in_one_queue() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    social.clock.advance(TimeDelta::minutes(2));
    let post = social.post(&ada, "buy now").await;
    for _ in 0..2 {
        social.report(&bob, &post.id, "spam").await.unwrap();
    }
    social.broker.release();
    for _ in 0..2 {
        let told = [
            fact(1, "events.event.reported.v1", &event_reported()),
            fact(2, "marketplace.item.reported.v1", &item_reported()),
            // The same report in another event, as after a failover of the teller.
            fact(3, "marketplace.item.reported.v1", &item_reported()),
        ];
        for published in social.broker.publish(&told).await {
            published.unwrap();
        }
    }
    eventually("three reports", || async {
        social.count("social.reports").await == 3
    })
    .await;
    eventually("all facts are handled", || async {
        social.count("social.inbox").await == 3
    })
    .await;

    let queue = social.reports(&admin(), all()).await.unwrap();
    assert_eq!(queue.total, 3);
    let told: Vec<(&str, &str, &str)> = queue
        .reports
        .iter()
        .map(|report| {
            (
                report.subject_kind.as_str(),
                report.reason.as_str(),
                report.description.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("event", "fake", "no such hall"),
            ("item", "stolen", ""),
            ("post", "spam", "")
        ]
    );
    for report in &queue.reports {
        assert_eq!(
            (report.state, report.owner_id.as_str()),
            (OPEN, id_of(&ada).as_str())
        );
    }
    let of_posts = proto::ListReportsRequest {
        subject_kind: "post".to_owned(),
        state: OPEN,
        ..all()
    };
    let posts = social.reports(&admin(), of_posts).await.unwrap();
    assert_eq!((posts.total, posts.reports.len()), (1, 1));
    assert_eq!(posts.reports[0].subject_id, post.id);
    let kinds = social.told.events().into_iter().map(|event| event.kind);
    assert_eq!(
        kinds
            .filter(|kind| kind == "social.post.reported.v1")
            .count(),
        1
    );
}

/// A decision is kept with who made it and why, can be taken back, and is told; two at once are one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn decisions_leave_a_trail() {
    let social = Social::start().await;
    let post = social.post(&student(1), "buy now").await;
    social.report(&student(2), &post.id, "spam").await.unwrap();
    let id = social.reports(&admin(), all()).await.unwrap().reports[0]
        .id
        .clone();
    assert!(get(&social, &id).await.steps.is_empty());

    social.clock.advance(TimeDelta::minutes(1));
    let moderator = admin();
    let decide = || {
        social.decide(
            &moderator,
            &id,
            proto::ReportState::Actioned,
            "post removed",
        )
    };
    let (one, other) = tokio::join!(decide(), decide());
    let (decided, refusal) = if one.is_ok() {
        (one, other)
    } else {
        (other, one)
    };
    let decided = decided.unwrap();
    assert_eq!(
        (decided.state(), decided.steps.len()),
        (proto::ReportState::Actioned, 1)
    );
    refused(refusal, ErrorCode::Conflict, "already_decided");
    social.clock.advance(TimeDelta::minutes(1));
    social
        .decide(&admin(), &id, proto::ReportState::Open, "")
        .await
        .unwrap();
    // The post may be gone; what was said of it stays.
    social.delete(&student(1), &post.id).await.unwrap();
    social
        .decide(&admin(), &id, proto::ReportState::Dismissed, "harmless")
        .await
        .unwrap();

    let steps: Vec<_> = get(&social, &id)
        .await
        .steps
        .into_iter()
        .map(|step| {
            (
                step.from(),
                step.to(),
                step.note.clone(),
                step.moderator_id.clone(),
            )
        })
        .collect();
    let step = |from, to, note: &str| (from, to, note.to_owned(), id_of(&admin()));
    use proto::ReportState::{Actioned, Dismissed, Open};
    assert_eq!(
        steps,
        [
            step(Open, Actioned, "post removed"),
            step(Actioned, Open, ""),
            step(Open, Dismissed, "harmless"),
        ]
    );
    let kinds = social.kinds().await;
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| *kind == "report.decided")
            .count(),
        3
    );
    let open = proto::ListReportsRequest {
        state: OPEN,
        ..all()
    };
    assert_eq!(social.reports(&admin(), open).await.unwrap().total, 0);
}

/// Only administrators read the queue and decide, whoever else asks: strangers, who reported, whose post it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_for_administrators() {
    let social = Social::start().await;
    let (owner, reporter, stranger) = (student(1), student(2), student(3));
    let post = social.post(&owner, "buy now").await;
    social.report(&reporter, &post.id, "spam").await.unwrap();
    let id = social.reports(&admin(), all()).await.unwrap().reports[0]
        .id
        .clone();
    for caller in [owner, reporter, stranger] {
        refused(
            social.reports(&caller, all()).await,
            ErrorCode::Forbidden,
            "admin_only",
        );
        let state = proto::ReportState::Dismissed;
        for id in [id.as_str(), NOTHING] {
            refused(
                social.decide(&caller, id, state, "").await,
                ErrorCode::Forbidden,
                "admin_only",
            );
            let request = caller.send(proto::GetReportRequest {
                report_id: id.to_owned(),
            });
            let answer = answered(social.report_service().get_report(request).await);
            refused(answer, ErrorCode::Forbidden, "admin_only");
        }
    }
    assert_eq!(get(&social, &id).await.state(), proto::ReportState::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_reports_and_decisions_are_refused() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "buy now").await;
    for reason in ["", " ", &"x".repeat(256)] {
        assert_eq!(
            invalid_fields(social.report(&bob, &post.id, reason).await),
            ["reason"]
        );
    }
    for id in [NOTHING, "nonsense"] {
        no_post(social.report(&bob, id, "spam").await);
        let decided = social
            .decide(&admin(), id, proto::ReportState::Actioned, "")
            .await;
        refused(decided, ErrorCode::NotFound, "report_not_found");
    }
    social.report(&bob, &post.id, "spam").await.unwrap();
    let id = social.reports(&admin(), all()).await.unwrap().reports[0]
        .id
        .clone();
    let unsaid = social
        .decide(&admin(), &id, proto::ReportState::Unspecified, "")
        .await;
    assert_eq!(invalid_fields(unsaid), ["state"]);
    let long = "x".repeat(2_001);
    let endless = social
        .decide(&admin(), &id, proto::ReportState::Actioned, &long)
        .await;
    assert_eq!(invalid_fields(endless), ["note"]);
    for (field, request) in [
        (
            "subject_kind",
            proto::ListReportsRequest {
                subject_kind: "user".to_owned(),
                ..all()
            },
        ),
        ("state", proto::ListReportsRequest { state: 9, ..all() }),
        (
            "page_size",
            proto::ListReportsRequest {
                page_size: -1,
                ..all()
            },
        ),
        (
            "page_token",
            proto::ListReportsRequest {
                page_token: "x".to_owned(),
                ..all()
            },
        ),
    ] {
        assert_eq!(
            invalid_fields(social.reports(&admin(), request).await),
            [field]
        );
    }
}

/// Pages under reports that come in meanwhile repeat and skip nothing.
#[tokio::test(flavor = "multi_thread")]
async fn pages_repeat_and_skip_nothing() {
    let social = Social::start().await;
    let post = social.post(&student(1), "buy now").await;
    let mut seen = Vec::new();
    let mut token = String::new();
    for number in 2..12 {
        social
            .report(&student(number), &post.id, "spam")
            .await
            .unwrap();
    }
    for number in 12.. {
        let page = proto::ListReportsRequest {
            page_size: 3,
            page_token: token,
            ..all()
        };
        let page = social.reports(&admin(), page).await.unwrap();
        seen.extend(page.reports.into_iter().map(|report| report.reporter_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        social.clock.advance(TimeDelta::milliseconds(1));
        if number < 14 {
            social
                .report(&student(number), &post.id, "spam")
                .await
                .unwrap();
        }
    }
    let expected: BTreeSet<String> = (2..14).map(|number| user_id(number).to_string()).collect();
    assert_eq!(seen.len(), expected.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}
