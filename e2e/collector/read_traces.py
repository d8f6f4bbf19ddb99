"""Reads a request to /v1/traces from standard input with OpenTelemetry's own messages, and prints its spans as JSON.

What the messages do not know is an error: a collector would drop it without a word.
"""

import json
import sys

from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def known(message):
    assert len(UnknownFieldSet(message)) == 0, f"unknown fields in {message.DESCRIPTOR.full_name}"
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if hasattr(value, "append") or hasattr(value, "add") else [value]:
                known(one)


request = ExportTraceServiceRequest.FromString(sys.stdin.buffer.read())
known(request)
spans = []
for resource in request.resource_spans:
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    for scope in resource.scope_spans:
        for span in scope.spans:
            assert len(span.trace_id) == 16 and len(span.span_id) == 8, "ids of other lengths"
            assert span.start_time_unix_nano <= span.end_time_unix_nano, "a span that ends before it begins"
            spans.append({
                "service": named.get("service.name"),
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "name": span.name,
                "status": span.status.code,
                "attributes": {one.key: one.value.string_value for one in span.attributes},
            })
print(json.dumps(spans))
