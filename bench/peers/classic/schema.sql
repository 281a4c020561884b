-- What the classic server keeps in PostgreSQL: who may have seats, who had them, and what happened.

CREATE TABLE licenses (
    license_id   text PRIMARY KEY,
    key_sha256   bytea NOT NULL UNIQUE,
    customer_id  text NOT NULL,
    product      text NOT NULL,
    plan         jsonb NOT NULL,
    seats        integer NOT NULL CHECK (seats > 0),
    entitlements jsonb NOT NULL,
    expires_at   timestamptz
);

CREATE TABLE sessions (
    session     text PRIMARY KEY,
    license_id  text NOT NULL REFERENCES licenses,
    hardware_id text NOT NULL,
    acquired_at timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz
);

CREATE TABLE audit (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    action     text NOT NULL,
    license_id text NOT NULL,
    session    text
);
