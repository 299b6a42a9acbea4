-- Rooms that were told apart from others: whoever held those holds these, too, until it is settled anew.
UPDATE record_holders SET spans = (
    SELECT COALESCE(jsonb_agg(
        CASE WHEN span->'categories' ? 'psychotherapy-notes' THEN span ELSE jsonb_set(span, '{categories}',
            (span->'categories')
                || CASE WHEN span->'categories' ? 'notes' THEN '["psychotherapy-notes"]'::jsonb ELSE '[]' END
                || CASE WHEN span->'categories' ? 'conditions' THEN '["substance-use"]'::jsonb ELSE '[]' END
                || CASE WHEN span->'categories' ? 'notes' THEN '["confidential-services"]'::jsonb ELSE '[]' END)
        END ORDER BY place), '[]')
    FROM jsonb_array_elements(record_holders.spans) WITH ORDINALITY AS each (span, place))
WHERE spans IS NOT NULL;
