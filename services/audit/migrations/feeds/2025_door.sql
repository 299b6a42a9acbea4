-- Who was turned away, counted: of no tenant, and shown to the officers of each.
CREATE INDEX entries_door ON entries (recorded DESC, service DESC, lane DESC, lane_seq DESC) WHERE event_type = 'door.refused';
