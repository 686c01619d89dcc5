//! What a healthy host serves, and the keys of its table.

use crate::stage::{Answered, FETCH, POLICY, Plan};

#[tokio::test]
async fn a_policy_host_serves_the_policy_as_published() {
    let answered = Plan::default().up().ask(FETCH.as_bytes()).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 78\r\n\
                Connection: close\r\n\r\n";
    let head = head.replace("78", &POLICY.len().to_string());
    let want = Answered {
        text: format!("{head}{POLICY}"),
        whole: true,
    };
    assert_eq!(answered, want);
}

#[tokio::test]
async fn a_policy_is_served_as_the_file_writes_it() {
    let policy = "version: STSv1\nmode: none\nmax_age: 1\n";
    let stage = Plan::default()
        .published(|sts| sts.policy = Some(policy.into()))
        .up();
    assert_eq!(stage.ask(FETCH.as_bytes()).await.body(), policy);
    assert_eq!(stage.met().await, ["domain.\"example.test\".sts.policy"]);
}

#[tokio::test]
async fn requests_that_are_none_of_a_policy_are_refused() {
    // (request, status line)
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("POST / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (
            "GET / HTTP/3\r\n\r\n",
            "HTTP/1.1 505 HTTP Version Not Supported",
        ),
    ];
    let stage = Plan::default().up();
    for (request, want) in cases {
        let answered = stage.ask(request.as_bytes()).await;
        assert_eq!(answered.status(), want, "{request}");
    }
    assert_eq!(stage.statuses().await, [404, 405, 400, 505]);
}

#[tokio::test]
async fn media_type_and_header_lines_are_those_of_the_table() {
    let stage = Plan::default()
        .host(|host| {
            host.content_type = String::new();
            host.headers = vec!["Cache-Control: max-age=1".into(), "X: y".into()];
        })
        .up();
    let answered = stage.ask(FETCH.as_bytes()).await;
    assert!(answered.text.contains("\r\nX: y\r\n"), "{}", answered.text);
    assert!(!answered.text.contains("Content-Type"));
    let met = [
        "https.\"mta-sts.example.test\".content_type",
        "https.\"mta-sts.example.test\".headers",
    ];
    assert_eq!(stage.met().await, met);
}

#[tokio::test]
async fn a_request_may_come_in_pieces_and_wait_for_leave() {
    let request = "POST /tls HTTP/1.1\r\nHost: reports.example.test\r\nContent-Length: 2\r\n\
                   Expect: 100-continue\r\n\r\n{}";
    let answered = Plan::collector().up().ask(request.as_bytes()).await;
    assert!(
        answered
            .text
            .starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"),
        "{}",
        answered.text
    );
}
