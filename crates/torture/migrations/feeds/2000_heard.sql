-- Every effect as it happened. Nothing is unique, so that a second effect shows; `at` follows the order of effects in each lane.
CREATE TABLE heard (
    at       bigint GENERATED ALWAYS AS IDENTITY,
    lane     int    NOT NULL,
    lane_seq bigint NOT NULL,
    event_id uuid   NOT NULL
);
CREATE INDEX heard_lane ON heard (lane, at);
