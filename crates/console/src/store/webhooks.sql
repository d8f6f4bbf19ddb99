CREATE TABLE webhook (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    types TEXT NOT NULL,
    -- The key of its signatures: needed as it is for each of them.
    secret TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- The number of the last change that was looked at.
    seen BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE delivery (
    tenant TEXT NOT NULL,
    webhook TEXT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- When the next attempt is due; none where it was given up.
    due BIGINT,
    error TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, webhook, number)
);
CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
