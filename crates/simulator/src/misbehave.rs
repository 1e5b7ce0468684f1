//! The bytes of answers that no well-behaved service would give.
//!
//! Which one is given, and when, is decided in [`crate::fault`].

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use serde_json::json;

use crate::fault::Fault;
use crate::gateway::{answer, problem, suspended};

/// What one member of a gzip bomb unpacks to, in bytes.
const BOMB_MEMBER: u64 = 16 * 1024 * 1024;

/// The answer of a fault that answers by itself; none for those that only hinder or change.
pub(crate) fn instead(fault: &Fault) -> Option<Response> {
    Some(match fault {
        Fault::Status { status: 500 } => answer(
            500,
            &json!({"status": 500, "error": "Internal Server Error"}),
        ),
        Fault::Status { status } => problem(*status, reason(*status)),
        Fault::TooManyRequests { retry_after } => {
            let mut response = problem(429, "Too Many Requests");
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            response
        }
        Fault::Answer {
            status,
            content_type,
            body,
        } => plain(*status, content_type, body.clone()),
        Fault::Garbage => plain(200, "application/json", garbage()),
        Fault::ProxyPage { status } => plain(*status, "text/html; charset=utf-8", PROXY_PAGE),
        Fault::Trickle { millis } => plain(200, "application/json", trickle(*millis)),
        Fault::HugeBody { bytes } => plain(200, "application/json", huge(*bytes)),
        Fault::DeepJson { depth } => plain(200, "application/json", deep(*depth)),
        Fault::GzipBomb { bytes } => {
            let mut response = plain(200, "application/json", bomb(*bytes));
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Fault::Redirect { status, location } => {
            let mut response = plain(*status, "text/plain", "");
            if let Ok(value) = HeaderValue::from_str(location) {
                response.headers_mut().insert(header::LOCATION, value);
            }
            response
        }
        Fault::Truncated => truncated(),
        Fault::SuspendedAccount => suspended(),
        Fault::Slow { .. }
        | Fault::NeverAnswers
        | Fault::CloseConnection
        | Fault::AnswerLost
        | Fault::WithoutMageId => return None,
    })
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or("Error")
}

fn plain(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

const PROXY_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Access blocked</title></head>\n\
<body><h1>Access blocked</h1><p>Your organisation's web filter has blocked this page.</p>\n\
<p>Reference: 0.5f1a2b3c.1700000000.1e2d3c4b</p></body></html>\n";

fn garbage() -> Bytes {
    // Not UTF-8, with NUL, escape sequences and a lone surrogate in its encoded form.
    let mut bytes = vec![
        0x00, 0xff, 0xfe, 0x1b, b'[', b'2', b'J', 0xed, 0xa0, 0x80, b'{', b'"',
    ];
    bytes.extend((0u8..=255).rev());
    bytes.into()
}

fn trickle(millis: u64) -> Body {
    Body::from_stream(stream::unfold((), move |()| async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Some((
            Ok::<_, std::convert::Infallible>(Bytes::from_static(b" ")),
            (),
        ))
    }))
}

fn huge(bytes: u64) -> Body {
    const CHUNK: &[u8] = &[b'a'; 64 * 1024];
    let head = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(
        b"{\"results\":[\"",
    ))]);
    let rest = stream::unfold(bytes, |left| async move {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
        (now > 0).then(|| (Ok(Bytes::from_static(&CHUNK[..now])), left - now as u64))
    });
    let tail = stream::iter([Ok(Bytes::from_static(b"\"]}"))]);
    Body::from_stream(futures_util::StreamExt::chain(
        head,
        futures_util::StreamExt::chain(rest, tail),
    ))
}

fn deep(depth: u32) -> String {
    let depth = depth as usize;
    let mut text = String::with_capacity(depth * 2);
    text.extend(std::iter::repeat_n('[', depth));
    text.extend(std::iter::repeat_n(']', depth));
    text
}

fn bomb(bytes: u64) -> Body {
    // Members may follow each other in a gzip file, so one is enough to make any size.
    let members = bytes.div_ceil(BOMB_MEMBER).max(1);
    Body::from_stream(stream::unfold(members, |left| async move {
        (left > 0).then(|| (Ok::<_, std::convert::Infallible>(bomb_member()), left - 1))
    }))
}

fn bomb_member() -> Bytes {
    static MEMBER: OnceLock<Bytes> = OnceLock::new();
    MEMBER
        .get_or_init(|| {
            let blank = vec![b' '; 64 * 1024];
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            for _ in 0..BOMB_MEMBER / blank.len() as u64 {
                // Writing into memory does not fail; a shorter bomb would still be one.
                let _ = encoder.write_all(&blank);
            }
            encoder.finish().unwrap_or_default().into()
        })
        .clone()
}

fn truncated() -> Response {
    let body = stream::unfold(true, |first| async move {
        if first {
            return Some((
                Ok::<_, std::convert::Infallible>(Bytes::from_static(b"{\"results\":[{\"proj")),
                false,
            ));
        }
        // While nothing more is ready, what there is goes out; an end at once would withhold it.
        tokio::time::sleep(Duration::from_millis(20)).await;
        None
    });
    let mut response = plain(200, "application/json", Body::from_stream(body));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(4096));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read as _;

    #[test]
    fn a_bomb_member_unpacks_to_a_thousand_times_its_size() {
        let member = bomb_member();
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(&member[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked.len() as u64, BOMB_MEMBER);
        assert!(
            member.len() * 500 < unpacked.len(),
            "{} bytes packed",
            member.len()
        );
    }

    #[test]
    fn garbage_is_neither_text_nor_json() {
        assert!(std::str::from_utf8(&garbage()).is_err());
    }

    #[test]
    fn deep_json_is_well_formed_but_deep() {
        assert_eq!(deep(3), "[[[]]]");
    }
}
