CREATE TABLE device_answer (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    device TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, person, device)
);
CREATE INDEX device_answer_at ON device_answer (at);
