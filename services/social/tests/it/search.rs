//! Finding posts by their words.

use chrono::TimeDelta;
use oruma_proto::social::v1 as proto;
use oruma_service_runtime::Role;

use crate::support::{
    MIT, STANFORD, Social, change, invalid_fields, list_of, person_of, student, text, words,
};

/// O-022: words are found whatever their form and case; phrases, `or` and `-without` mean what they mean on the web.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_as_on_the_web() {
    let social = Social::start().await;
    let ada = student(1);
    let contents = [
        "Two cats ran",
        "A hot dog",
        "Dogs, hot or not",
        "Birds #Exams by @eve",
    ];
    for content in contents {
        social.post(&ada, content).await;
        social.clock.advance(TimeDelta::seconds(1));
    }
    let [cats, hot_dog, dogs_hot, birds] = contents;
    for (query, expected) in [
        ("cat", vec![cats]),
        ("CATS", vec![cats]),
        ("running cat", vec![]),
        ("cat run", vec![]),
        ("\"hot dog\"", vec![hot_dog]),
        ("hot dog", vec![dogs_hot, hot_dog]),
        ("dog -\"hot dog\"", vec![dogs_hot]),
        ("cat or bird", vec![birds, cats]),
        ("#exams", vec![birds]),
        ("exam", vec![birds]),
        ("eve", vec![birds]),
        ("nothing", vec![]),
        ("the", vec![]),
        ("the and of", vec![]),
        ("", vec![]),
        (" \t ", vec![]),
    ] {
        let mut found = social.found(&ada, query).await;
        let mut expected = expected;
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

/// O-022: hashtags and mentions that stand beside the text are found too, and what a change took away is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_reads_tags_and_what_is_said_now() {
    let social = Social::start().await;
    let ada = student(1);
    let request = proto::CreatePostRequest {
        hashtags: list_of(&["robotics"]),
        ..text("old words")
    };
    let post = social.create(&ada, request).await.unwrap();
    assert_eq!(social.found(&ada, "robotics").await, ["old words"]);
    let request = proto::UpdatePostRequest {
        content: Some("fresh".to_owned()),
        hashtags: Some(proto::TextList::default()),
        ..change(&post)
    };
    social.update(&ada, request).await.unwrap();
    assert_eq!(social.found(&ada, "fresh").await, ["fresh"]);
    for gone in ["old", "words", "robotics"] {
        assert!(social.found(&ada, gone).await.is_empty(), "{gone}");
    }
}

/// O-022: nothing that can be typed is an error.
#[tokio::test(flavor = "multi_thread")]
async fn no_query_is_an_error() {
    let social = Social::start().await;
    let ada = student(1);
    social.post(&ada, "hello world").await;
    for weird in [
        "''",
        "<->",
        "&|!():*",
        "\"",
        "\"\"\"",
        "-",
        "--",
        "- -",
        "or",
        "or or or",
        "-hello",
        "hello:*",
        "\\",
        "%",
        "_",
        "hello\0world",
        "\0",
        "😀",
        "'; DROP TABLE posts; --",
        "\u{1}\u{2}\u{3}",
        "?",
        "$1",
        &"a ".repeat(5_000),
        &"x".repeat(10_000),
        &"\"a\" ".repeat(2_500),
        &"-a ".repeat(3_000),
        &"(".repeat(10_000),
        &"or ".repeat(3_000),
        &"ab cd ".repeat(200_000),
        &"-".repeat(3_000_000),
        &("-".repeat(40) + "a"),
        &"- ".repeat(400),
        &"-\"".repeat(400),
    ] {
        let head: String = weird.chars().take(20).collect();
        assert!(social.search(&ada, words(weird)).await.is_ok(), "{head:?}");
    }
    assert_eq!(social.found(&ada, "hello?").await, ["hello world"]);
}

/// O-022: what is there more often comes first, and the newest among equals.
#[tokio::test(flavor = "multi_thread")]
async fn best_come_first_and_newest_among_equals() {
    let social = Social::start().await;
    let ada = student(1);
    for content in ["pizza pizza pizza", "pizza one", "pizza two", "pizza six"] {
        social.post(&ada, content).await;
        social.clock.advance(TimeDelta::seconds(1));
    }
    let expected = ["pizza pizza pizza", "pizza six", "pizza two", "pizza one"];
    assert_eq!(social.found(&ada, "pizza").await, expected);
}

/// O-022: pages of what was found hold each post once, in the order of the whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_paged() {
    let social = Social::start().await;
    let ada = student(1);
    for nth in 0..23 {
        let content = format!("{} number {nth}", "pizza ".repeat(nth % 3 + 1));
        social.post(&ada, &content).await;
        if nth % 4 == 0 {
            social.clock.advance(TimeDelta::seconds(1));
        }
    }
    let whole = social.found(&ada, "pizza").await;
    assert_eq!(whole.len(), 23);
    for size in [1, 5, 23] {
        let mut walked = Vec::new();
        let mut request = proto::SearchPostsRequest {
            page_size: size,
            ..words("pizza")
        };
        loop {
            let page = social.search(&ada, request.clone()).await.unwrap();
            walked.extend(page.posts.into_iter().map(|post| post.content));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(walked, whole);
    }
}

/// O-022: a page token belongs to the words and filters that it was made for.
#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_belong_to_their_search() {
    let social = Social::start().await;
    let ada = student(1);
    for _ in 0..2 {
        social.post(&ada, "pizza and pasta").await;
    }
    let first = proto::SearchPostsRequest {
        page_size: 1,
        ..words("pizza")
    };
    let page_token = social
        .search(&ada, first.clone())
        .await
        .unwrap()
        .next_page_token;
    assert!(!page_token.is_empty());
    let next = proto::SearchPostsRequest {
        page_token,
        ..first
    };
    for other in [
        proto::SearchPostsRequest {
            query: "pasta".to_owned(),
            ..next.clone()
        },
        proto::SearchPostsRequest {
            university: STANFORD.to_owned(),
            ..next.clone()
        },
        proto::SearchPostsRequest {
            r#type: "general".to_owned(),
            ..next.clone()
        },
        proto::SearchPostsRequest {
            page_token: "nonsense".to_owned(),
            ..next.clone()
        },
        proto::SearchPostsRequest {
            query: String::new(),
            ..next.clone()
        },
    ] {
        assert_eq!(
            invalid_fields(social.search(&ada, other).await),
            ["page_token"]
        );
    }
    let list = social.list(&ada, None, 1, &next.page_token).await;
    assert_eq!(invalid_fields(list), ["page_token"]);
    assert_eq!(social.search(&ada, next).await.unwrap().posts.len(), 1);
}

/// O-022: filters narrow what is found, and an unknown type or a negative size is refused.
#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_search() {
    let social = Social::start().await;
    let ada = student(1);
    let eve = person_of(3, MIT, Role::User);
    for (caller, kind) in [(&ada, "food"), (&ada, "study"), (&eve, "food")] {
        let university = &caller.signed_in.as_ref().unwrap().university;
        let request = proto::CreatePostRequest {
            r#type: kind.to_owned(),
            ..text(&format!("pizza {kind} {university}"))
        };
        social.create(caller, request).await.unwrap();
    }
    let narrowed = async |university: &str, kind: &str| {
        let request = proto::SearchPostsRequest {
            university: university.to_owned(),
            r#type: kind.to_owned(),
            ..words("pizza")
        };
        social
            .search(&ada, request)
            .await
            .map(|page| page.posts.len())
    };
    assert_eq!(narrowed("", "").await.unwrap(), 3);
    assert_eq!(narrowed(STANFORD, "").await.unwrap(), 2);
    assert_eq!(narrowed("", "food").await.unwrap(), 2);
    assert_eq!(narrowed(MIT, "food").await.unwrap(), 1);
    assert_eq!(narrowed(MIT, "study").await.unwrap(), 0);
    assert_eq!(narrowed("a\0b", "").await.unwrap(), 0);
    assert_eq!(invalid_fields(narrowed("", "sport").await), ["type"]);
    let negative = proto::SearchPostsRequest {
        page_size: -1,
        ..words("pizza")
    };
    assert_eq!(
        invalid_fields(social.search(&ada, negative).await),
        ["page_size"]
    );
}

/// O-022: a highlight is HTML in which nothing of the text is markup.
#[tokio::test(flavor = "multi_thread")]
async fn highlights_are_escaped() {
    let social = Social::start().await;
    let ada = student(1);
    let content = "1 < 2 & 'cats' > \"dogs\" <img src=x onerror=alert(1)> cat";
    social.post(&ada, content).await;
    let request = proto::SearchPostsRequest {
        highlight: true,
        ..words("cat")
    };
    let found = social.search(&ada, request).await.unwrap().posts.remove(0);
    assert_eq!(found.content, content);
    let marked = "<mark>cats</mark>&#39; &gt; &quot;dogs&quot;";
    assert!(found.highlight.contains(marked), "{}", found.highlight);
    let plain = found.highlight.replace("<mark>", "").replace("</mark>", "");
    assert!(!plain.contains(['<', '>', '"', '\'']), "{plain}");
    let silent = social
        .search(&ada, words("cat"))
        .await
        .unwrap()
        .posts
        .remove(0);
    assert_eq!(silent.highlight, "");
}
