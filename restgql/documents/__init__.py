"""GraphQL text in, operations out: documents are parsed, limited, validated, and their selections collected."""
