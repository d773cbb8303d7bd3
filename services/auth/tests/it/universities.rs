//! The universities directory, as people search it.

use std::collections::HashSet;

use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};

use crate::support::{Auth, Setup, answered, guest, invalid_fields, refused};

fn query(text: &str) -> proto::SearchUniversitiesRequest {
    proto::SearchUniversitiesRequest {
        query: text.to_owned(),
        ..Default::default()
    }
}

async fn search(
    auth: &Auth,
    request: proto::SearchUniversitiesRequest,
) -> Result<proto::SearchUniversitiesResponse, RpcError> {
    answered(
        auth.universities()
            .search_universities(guest().send(request))
            .await,
    )
}

/// The names on the first page of a search.
async fn names(auth: &Auth, text: &str) -> Vec<String> {
    let found = search(auth, query(text)).await.unwrap();
    found
        .universities
        .into_iter()
        .map(|found| found.name)
        .collect()
}

/// All pages of a search, and what `between` does after the first one.
async fn all_pages(
    auth: &Auth,
    request: proto::SearchUniversitiesRequest,
    mut between: impl AsyncFnMut(usize),
) -> Vec<proto::SearchUniversitiesResponse> {
    let mut request = request;
    let mut pages: Vec<proto::SearchUniversitiesResponse> = Vec::new();
    loop {
        let page = search(auth, request.clone()).await.unwrap();
        request.page_token.clone_from(&page.next_page_token);
        pages.push(page);
        if request.page_token.is_empty() {
            return pages;
        }
        between(pages.len()).await;
    }
}

fn ids(pages: &[proto::SearchUniversitiesResponse]) -> Vec<&str> {
    pages
        .iter()
        .flat_map(|page| &page.universities)
        .map(|found| found.id.as_str())
        .collect()
}

// === filling ===

/// O-209, O-155: after the first start every entry of the file is there, and after the second one nothing has changed.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_filled_once() {
    let lines = include_str!("../../data/universities.csv")
        .trim_end()
        .lines();
    let entries = i64::try_from(lines.count() - 1).unwrap();
    let auth = Auth::start().await;
    assert_eq!(auth.count("auth.universities").await, entries);
    let contents =
        "SELECT md5(string_agg(u::text, '|' ORDER BY id)) AS all FROM auth.universities AS u";
    // What was changed and put back would have another place in the file.
    let places = "SELECT md5(string_agg(ctid::text || xmin::text, '|' ORDER BY id)) AS all FROM auth.universities";
    let before = (auth.row(contents).await, auth.row(places).await);

    let setup = Setup::on(auth.database.clone());
    let began = std::time::Instant::now();
    let again = setup.start().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    assert_eq!((again.row(contents).await, again.row(places).await), before);
}

/// O-209: replicas that start together fill it together.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_once_fill_the_directory_once() {
    let setup = Setup::new().await;
    let others = [(); 3].map(|()| Setup::on(setup.database.clone()).start());
    let (auth, _others) = tokio::join!(setup.start(), futures::future::join_all(others));
    let all = search(&auth, query("")).await.unwrap();
    assert_eq!(all.total, auth.count("auth.universities").await);
}

/// O-209: an entry of the file that was changed by hand or by an older file is put right when the file is another one.
#[tokio::test(flavor = "multi_thread")]
async fn another_file_corrects_the_entries_and_keeps_their_ids() {
    let auth = Auth::start().await;
    let before = auth
        .row("SELECT id, city FROM auth.universities WHERE name = 'Harvard University'")
        .await;
    auth.execute(
        "UPDATE auth.universities SET city = 'Elsewhere' WHERE name = 'Harvard University';
         DELETE FROM auth.universities WHERE name = 'Stanford University';
         UPDATE auth.directory_refreshes SET fingerprint = 'of an older file'",
    )
    .await;
    let again = Setup::on(auth.database.clone()).start().await;
    let after = again
        .row("SELECT id, city FROM auth.universities WHERE name = 'Harvard University'")
        .await;
    assert_eq!(after, before);
    assert_eq!(
        names(&again, "stanford university").await,
        ["Stanford University"]
    );
}

// === finding ===

/// O-064: the start of a name finds it, and names that begin so come before those that only have the words.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_of_a_name_finds_it() {
    let auth = Auth::start().await;
    assert_eq!(names(&auth, "stanf").await, ["Stanford University"]);
    let boston = names(&auth, "boston").await;
    assert_eq!(boston[..2], ["Boston College", "Boston University"]);
    assert!(boston.contains(&"Northeastern University".to_owned()));
    // What everybody calls by that very name comes before both.
    assert_eq!(
        names(&auth, "michigan").await[..2],
        ["University of Michigan", "Michigan State University"]
    );
}

/// O-064: words are found in any order, and all of them count.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_any_order() {
    let auth = Auth::start().await;
    for text in [
        "university of california berkeley",
        "berkeley california",
        "california, BERKELEY",
        "berk calif univ",
    ] {
        assert_eq!(
            names(&auth, text).await,
            ["University of California, Berkeley"],
            "{text}"
        );
    }
}

/// O-064: a word begins a word: what only stands inside of one is not meant.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_from_their_start() {
    let auth = Auth::start().await;
    let found = names(&auth, "ford").await;
    assert!(
        !found.contains(&"Stanford University".to_owned()),
        "{found:?}"
    );
}

/// O-064: accents, case and signs make no difference.
#[tokio::test(flavor = "multi_thread")]
async fn accents_make_no_difference() {
    let auth = Auth::start().await;
    for (text, name) in [
        ("universite de geneve", "Université de Genève"),
        ("UNIVERSITÉ DE GENÈVE", "Université de Genève"),
        ("eth zurich", "ETH Zürich"),
        ("eth-zürich", "ETH Zürich"),
        ("dine college", "Diné College"),
    ] {
        assert_eq!(names(&auth, text).await[0], name, "{text}");
    }
}

/// O-064: short names that everybody uses find what they stand for first.
#[tokio::test(flavor = "multi_thread")]
async fn short_names_find_what_they_stand_for() {
    let auth = Auth::start().await;
    for (text, name) in [
        ("mit", "Massachusetts Institute of Technology"),
        ("MIT", "Massachusetts Institute of Technology"),
        ("ucla", "University of California, Los Angeles"),
        ("eth", "ETH Zürich"),
        ("uc berkeley", "University of California, Berkeley"),
    ] {
        assert_eq!(names(&auth, text).await[0], name, "{text}");
    }
}

/// O-064: what is mistyped is found nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn typing_errors_are_forgiven() {
    let auth = Auth::start().await;
    for (text, name) in [
        ("standford", "Stanford University"),
        ("stanfrod", "Stanford University"),
        ("harvrad", "Harvard University"),
        ("havard university", "Harvard University"),
        ("princton", "Princeton University"),
        (
            "massachusets institute",
            "Massachusetts Institute of Technology",
        ),
        ("berkely", "University of California, Berkeley"),
    ] {
        let found = names(&auth, text).await;
        assert_eq!(
            found.first().map(String::as_str),
            Some(name),
            "{text}: {found:?}"
        );
    }
    for nonsense in ["xqzzwv", "zzzzzzzzzz"] {
        let nothing = search(&auth, query(nonsense)).await.unwrap();
        assert_eq!((nothing.total, nothing.universities.len()), (0, 0));
        assert_eq!(nothing.next_page_token, "");
    }
}

/// O-064: what means something to the database is plain text, and no name has only signs.
#[tokio::test(flavor = "multi_thread")]
async fn signs_are_plain_text() {
    let auth = Auth::start().await;
    for signs in ["%", "_", "\\", "'", " - ", "\0", "\u{301}"] {
        let found = search(&auth, query(signs)).await.unwrap();
        assert_eq!(found.total, 0, "{signs:?}");
    }
    let all = search(&auth, query("  ")).await.unwrap().total;
    assert_eq!(all, auth.count("auth.universities").await);
    for with_signs in ["%stanford_university\\", "stanford\0university"] {
        assert_eq!(names(&auth, with_signs).await, ["Stanford University"]);
    }
    let long = search(&auth, query(&"xqzzwv ".repeat(2_000)))
        .await
        .unwrap();
    assert_eq!(long.total, 0);
    let state = proto::SearchUniversitiesRequest {
        state: "Tex\0as".to_owned(),
        ..query("")
    };
    assert_eq!(search(&auth, state).await.unwrap().total, 0);
}

/// O-064: only those of a state, in whatever case it is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_narrows_the_search() {
    let auth = Auth::start().await;
    let expected = auth
        .count("auth.universities WHERE state = 'Michigan'")
        .await;
    for state in ["Michigan", "michigan", " MICHIGAN "] {
        let request = proto::SearchUniversitiesRequest {
            state: state.to_owned(),
            ..query("")
        };
        let found = search(&auth, request).await.unwrap();
        assert_eq!(found.total, expected);
        assert!(
            found
                .universities
                .iter()
                .all(|entry| entry.state == "Michigan")
        );
    }
    let nowhere = proto::SearchUniversitiesRequest {
        state: "Nowhere".to_owned(),
        ..query("")
    };
    assert_eq!(search(&auth, nowhere).await.unwrap().total, 0);
}

/// O-064: only those of a type, alone and with a state and words.
#[tokio::test(flavor = "multi_thread")]
async fn a_type_narrows_the_search() {
    let auth = Auth::start().await;
    let mut all = 0;
    for kind in [
        "public",
        "private",
        "community",
        "technical",
        "hbcu",
        "tribal",
        "religious",
        "for-profit",
    ] {
        let request = proto::SearchUniversitiesRequest {
            r#type: kind.to_uppercase(),
            page_size: 100,
            ..query("")
        };
        let found = search(&auth, request).await.unwrap();
        assert!(found.total > 0, "{kind}");
        assert!(found.universities.iter().all(|entry| entry.r#type == kind));
        all += found.total;
    }
    assert_eq!(all, auth.count("auth.universities").await);
    let request = proto::SearchUniversitiesRequest {
        r#type: "technical".to_owned(),
        state: "massachusetts".to_owned(),
        ..query("institute")
    };
    let found = search(&auth, request).await.unwrap();
    let found: Vec<&str> = found
        .universities
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "Massachusetts Institute of Technology",
            "Worcester Polytechnic Institute"
        ]
    );
}

/// O-064, O-076: what is no type is a mistake, and so is a negative number.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_types_and_negative_sizes_are_refused() {
    let auth = Auth::start().await;
    let request = proto::SearchUniversitiesRequest {
        r#type: "famous".to_owned(),
        ..query("")
    };
    assert_eq!(invalid_fields(search(&auth, request).await), ["type"]);
    let request = proto::SearchUniversitiesRequest {
        page_size: -1,
        ..query("")
    };
    assert_eq!(invalid_fields(search(&auth, request).await), ["page_size"]);
}

// === pages ===

/// O-064, O-070: fifty unless asked otherwise, never more than a hundred.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_limits() {
    let auth = Auth::start().await;
    for (asked, given) in [(0, 50), (1, 1), (100, 100), (101, 100), (i32::MAX, 100)] {
        let request = proto::SearchUniversitiesRequest {
            page_size: asked,
            ..query("")
        };
        let page = search(&auth, request).await.unwrap();
        assert_eq!(page.universities.len(), given, "{asked}");
    }
}

/// O-064, O-070: page by page each entry comes once, by name, and every page tells how many there are.
#[tokio::test(flavor = "multi_thread")]
async fn pages_show_each_entry_once_and_the_right_total() {
    let auth = Auth::start().await;
    for text in ["", "university", "of"] {
        let request = proto::SearchUniversitiesRequest {
            page_size: 7,
            ..query(text)
        };
        let pages = all_pages(&auth, request, async |_| ()).await;
        let total = pages[0].total;
        assert!(total > 50);
        assert!(pages.iter().all(|page| page.total == total));
        let (last, full) = pages.split_last().unwrap();
        assert!(full.iter().all(|page| page.universities.len() == 7));
        assert!((1..=7).contains(&last.universities.len()));
        let shown = ids(&pages);
        let distinct: HashSet<&str> = shown.iter().copied().collect();
        assert_eq!(distinct.len(), shown.len());
        assert_eq!(i64::try_from(shown.len()), Ok(total));
    }
}

/// O-064: resemblance has pages too.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_what_only_resembles_show_each_entry_once() {
    let auth = Auth::start().await;
    let request = proto::SearchUniversitiesRequest {
        page_size: 2,
        ..query("universty of californa")
    };
    let pages = all_pages(&auth, request, async |_| ()).await;
    assert!(pages.len() > 2);
    let shown = ids(&pages);
    let distinct: HashSet<&str> = shown.iter().copied().collect();
    assert_eq!(distinct.len(), shown.len());
    assert!(pages.iter().all(|page| page.total == pages[0].total));
    assert_eq!(i64::try_from(shown.len()), Ok(pages[0].total));
}

/// O-064: a number of entries that fills the last page to the brim leads to no empty one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_last_page_is_the_last_one() {
    let auth = Auth::start().await;
    let total = search(&auth, query("michigan")).await.unwrap().total;
    let request = proto::SearchUniversitiesRequest {
        page_size: total.try_into().unwrap(),
        ..query("michigan")
    };
    assert_eq!(search(&auth, request).await.unwrap().next_page_token, "");
}

/// O-064: entries that come and go meanwhile make nothing appear twice, and nothing that was there all along is missed.
#[tokio::test(flavor = "multi_thread")]
async fn pages_repeat_nothing_while_entries_come_and_go() {
    let auth = Auth::start().await;
    auth.execute(
        "INSERT INTO auth.universities (id, name, name_key, country, country_code, type, search_text, source, created_at, updated_at)
         SELECT gen_random_uuid(), 'Doomed ' || n, chr(96 + n) || ' doomed', 'Utopia', 'UT', 'public', 'doomed', 'outside', now(), now()
         FROM generate_series(1, 26) AS n",
    )
    .await;
    let before = auth
        .rows("SELECT id FROM auth.universities WHERE source = 'built_in'")
        .await;
    let request = proto::SearchUniversitiesRequest {
        page_size: 7,
        ..query("")
    };
    let pages = all_pages(&auth, request, async |page| {
        // In front of, among and behind what was shown.
        auth.execute(&format!(
            "INSERT INTO auth.universities (id, name, name_key, country, country_code, type, search_text, source, created_at, updated_at)
             SELECT gen_random_uuid(), 'New ' || letter || ' {page}', letter || ' new {page}', 'Utopia', 'UT', 'public', 'new', 'outside', now(), now()
             FROM unnest(ARRAY['a', 'm', 'u', 'z']) AS letter;
             DELETE FROM auth.universities WHERE name = 'Doomed {page}'"
        ))
        .await;
    })
    .await;
    let shown = ids(&pages);
    let distinct: HashSet<&str> = shown.iter().copied().collect();
    assert_eq!(distinct.len(), shown.len());
    for row in &before {
        assert!(distinct.contains(row["id"].as_str().unwrap()));
    }
    assert!(pages.last().unwrap().total > pages[0].total);
}

/// O-064: a page token that was not given for this list is refused by name.
#[tokio::test(flavor = "multi_thread")]
async fn broken_and_foreign_page_tokens_are_refused() {
    let auth = Auth::start().await;
    let first = search(&auth, query("university")).await.unwrap();
    let good = first.next_page_token;
    let mut changed = good.clone().into_bytes();
    changed[10] = if changed[10] == b'A' { b'B' } else { b'A' };
    let position = ("Words", 2, "x", "01890000-0000-7000-8000-000000000000");
    for token in [
        "nonsense".to_owned(),
        "\0".to_owned(),
        String::from_utf8(changed).unwrap(),
        good[..good.len() - 4].to_owned(),
        auth.app.cursors.seal("revoked_sessions", &position),
        auth.app.cursors.seal("universities", &"another form"),
    ] {
        let request = proto::SearchUniversitiesRequest {
            page_token: token.clone(),
            ..query("university")
        };
        assert_eq!(
            invalid_fields(search(&auth, request).await),
            ["page_token"],
            "{token}"
        );
    }
    let request = proto::SearchUniversitiesRequest {
        page_token: good,
        ..query("university")
    };
    search(&auth, request).await.unwrap();
}

// === one entry ===

async fn get(auth: &Auth, id: &str) -> Result<proto::University, RpcError> {
    let request = guest().send(proto::GetUniversityRequest {
        university_id: id.to_owned(),
    });
    let answer = answered(auth.universities().get_university(request).await)?;
    Ok(answer.university.unwrap())
}

/// O-065: one entry is what the search shows of it, and its detail.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_shown_with_all_that_is_known() {
    let auth = Auth::start().await;
    let found = search(&auth, query("mit"))
        .await
        .unwrap()
        .universities
        .remove(0);
    assert_eq!(found.r#type, "technical");
    assert_eq!(
        (found.state.as_str(), found.city.as_str()),
        ("Massachusetts", "Cambridge")
    );
    assert_eq!(
        (found.country.as_str(), found.country_code.as_str()),
        ("United States", "US")
    );
    assert_eq!(found.website.as_deref(), Some("https://www.mit.edu"));
    assert_eq!(
        (found.established, found.enrollment),
        (Some(1861), Some(11_900))
    );
    assert_eq!(
        (found.latitude, found.longitude),
        (Some(42.36), Some(-71.09))
    );
    assert!(found.search_terms.contains(&"mit".to_owned()));
    let expected = proto::University {
        detail: Some(proto::UniversityDetail::default()),
        ..found.clone()
    };
    assert_eq!(get(&auth, &found.id).await.unwrap(), expected);

    auth.execute(&format!(
        r#"UPDATE auth.universities SET accreditation = '{{NECHE}}', programs = '{{Physics,"Computer Science"}}', detail = '{{
             "description": "By the river.",
             "campuses": [{{"name": "Main", "address": "77 Massachusetts Ave", "city": "Cambridge", "state": "Massachusetts"}}],
             "admissions": {{"acceptance_rate": 0.04, "sat": [790, 750], "act": 35, "application_deadline": "January 4"}},
             "tuition": {{"in_state": 59750}},
             "demographics": {{"total": 11900, "undergraduate": 4600, "graduate": 7300}}
           }}' WHERE id = '{}'"#,
        found.id
    ))
    .await;
    let entry = get(&auth, &found.id).await.unwrap();
    assert_eq!(entry.accreditation, ["NECHE"]);
    assert_eq!(entry.programs, ["Physics", "Computer Science"]);
    let detail = entry.detail.unwrap();
    assert_eq!(detail.description.as_deref(), Some("By the river."));
    assert_eq!(detail.campuses[0].address, "77 Massachusetts Ave");
    let admissions = detail.admissions.unwrap();
    assert_eq!(admissions.acceptance_rate, Some(0.04));
    assert_eq!(
        admissions.sat_scores,
        Some(proto::SatScores {
            math: 790.0,
            verbal: 750.0,
        })
    );
    assert_eq!(
        admissions.act_scores,
        Some(proto::ActScores { composite: 35.0 })
    );
    assert_eq!(
        admissions.application_deadline.as_deref(),
        Some("January 4")
    );
    let tuition = detail.tuition.unwrap();
    assert_eq!(
        (tuition.in_state, tuition.international),
        (Some(59_750.0), None)
    );
    let people = detail.demographics.unwrap();
    assert_eq!(
        (people.total_students, people.international_students),
        (11_900, None)
    );
}

/// O-065, O-078: no entry is found by an id that is none's.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_ids_are_not_found() {
    let auth = Auth::start().await;
    for id in [
        "",
        "1",
        "nonsense",
        "01890000-0000-7000-8000-000000000000",
        "\0",
    ] {
        refused(
            get(&auth, id).await,
            ErrorCode::NotFound,
            "university_not_found",
        );
    }
}
