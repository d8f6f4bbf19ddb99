//! The few messages of OpenTelemetry's protocol (OTLP 1.x, `opentelemetry/proto/trace/v1/trace.proto` and its kin) that
//! a trace needs, as protobuf.

use prost::Message;

/// The body of a request to `/v1/traces`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) resource_spans: Vec<ResourceSpans>,
}

/// Spans of one program.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    pub(crate) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) scope_spans: Vec<ScopeSpans>,
}

/// A program.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(crate) attributes: Vec<KeyValue>,
}

/// Spans of one part of a program.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    pub(crate) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) spans: Vec<Span>,
}

/// A part of a program.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Scope {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) version: String,
}

/// Something that took its time.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(crate) name: String,
    /// 1: within a program.
    #[prost(int32, tag = "6")]
    pub(crate) kind: i32,
    #[prost(fixed64, tag = "7")]
    pub(crate) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    pub(crate) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(crate) attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    pub(crate) status: Option<Status>,
}

/// How it ended.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    /// 1: as it should, 2: an error.
    #[prost(int32, tag = "3")]
    pub(crate) code: i32,
}

/// A named value.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<AnyValue>,
}

/// A value; of its kinds only texts are written.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AnyValue {
    #[prost(oneof = "Value", tags = "1")]
    pub(crate) value: Option<Value>,
}

/// The kind of a value.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Value {
    #[prost(string, tag = "1")]
    Text(String),
}

impl KeyValue {
    /// Makes a named text.
    pub(crate) fn text(key: &str, value: impl Into<String>) -> Self {
        Self { key: key.to_owned(), value: Some(AnyValue { value: Some(Value::Text(value.into())) }) }
    }
}

/// Makes the body of a request.
pub(crate) fn encode(console: &str, spans: Vec<Span>) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![
            KeyValue::text("service.name", "tenon"),
            KeyValue::text("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::text("service.instance.id", console),
        ],
    };
    let scope = Scope { name: "tenon.action".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
    ExportRequest { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans }] }
        .encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes by hand, from the numbers of the protocol's own definition.
    #[test]
    fn a_span_has_these_bytes() {
        let span = Span {
            trace_id: vec![0xAB; 16],
            span_id: vec![1; 8],
            parent_span_id: Vec::new(),
            name: "x".to_owned(),
            kind: 1,
            start_time_unix_nano: 1,
            end_time_unix_nano: 2,
            attributes: vec![KeyValue::text("k", "v")],
            status: Some(Status { message: String::new(), code: 1 }),
        };
        let mut bytes = vec![0x0A, 16];
        bytes.extend([0xAB; 16]);
        bytes.extend([0x12, 8, 1, 1, 1, 1, 1, 1, 1, 1]);
        bytes.extend([0x2A, 1, b'x', 0x30, 1]);
        bytes.extend([0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0x4A, 8, 0x0A, 1, b'k', 0x12, 3, 0x0A, 1, b'v']);
        bytes.extend([0x7A, 2, 0x18, 1]);
        assert_eq!(span.encode_to_vec(), bytes);
    }
}
