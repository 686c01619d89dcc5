//! Routes: which hosts are asked for and dialled, and what a notice says where a route leads nowhere.

use mtaspec_engine::address::MailDomain;
use mtaspec_engine::settings::{Route, Settings};

use crate::peer::Host;
use crate::scene::{Outcome, Scene, bounced, delivered};

fn route(host: &str) -> Route {
    let domain = MailDomain::parse("example.test").unwrap();
    Route::new(domain, MailDomain::parse(host).unwrap())
}

/// What becomes of a message to `user@example.test` under a route, which questions are asked on the way, and what a notice
/// says of it.
async fn sent_by(route: Route) -> (Outcome, Vec<String>, String) {
    let scene = Scene::new(|_| Host::plain());
    let relay = Host::plain();
    scene.world.record("A relay.test", &["192.0.2.7"]);
    scene.world.record("MX provider.test", &["10 relay.test"]);
    scene.world.host("192.0.2.7", relay.clone());
    let engine = scene
        .start_with(|settings: &mut Settings| settings.routes.push(route))
        .await;
    scene.send(&engine, &["user@example.test"]).await;
    let outcome = match scene.outcome(&engine).await {
        Outcome::Lost if !relay.messages().is_empty() => delivered("plain"),
        other => other,
    };
    assert!(
        scene.mx.messages().is_empty(),
        "no route leads to the MX host"
    );
    let questions = scene.world.questions();
    let of_home = |question: &&String| !question.ends_with("home.test");
    let notice = scene.home.messages().pop();
    (
        outcome,
        questions.iter().filter(of_home).cloned().collect(),
        notice.map_or_else(String::new, |notice| notice.content),
    )
}

#[tokio::test]
async fn a_route_asks_for_what_it_needs_and_never_for_the_recipients_domain() {
    let mut by_mx = route("provider.test");
    by_mx.mx_lookup = true;
    // (route, questions)
    let cases: [(Route, &[&str]); 3] = [
        (
            route("relay.test"),
            &["TXT _mta-sts.relay.test", "A relay.test", "AAAA relay.test"],
        ),
        (route("[192.0.2.7]"), &[]),
        (
            by_mx,
            &[
                "MX provider.test",
                "TXT _mta-sts.provider.test",
                "A relay.test",
                "AAAA relay.test",
            ],
        ),
    ];
    for (route, want) in cases {
        let to = route.host.to_string();
        let (outcome, questions, _) = sent_by(route).await;
        assert_eq!(outcome, delivered("plain"), "{to}");
        assert_eq!(questions, want, "{to}");
    }
}

#[tokio::test]
async fn a_route_that_leads_nowhere_is_the_administrators_matter() {
    let mut by_mx = route("nowhere.test");
    by_mx.mx_lookup = true;
    for route in [route("nowhere.test"), by_mx] {
        let (outcome, _, notice) = sent_by(route).await;
        assert_eq!(outcome, bounced("5.4.4"));
        assert!(notice.contains("tell the administrator"), "{notice}");
    }
    // This host itself is no way on.
    let (outcome, _, _) = sent_by(route("subject.home.test")).await;
    assert_eq!(outcome, bounced("5.4.6"));
}
