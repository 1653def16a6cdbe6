"""Tools for all sources of types: GraphQL names, the SDL builder, fields over routes, and reports of operations."""
