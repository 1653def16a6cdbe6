"""The kit that every source of types uses: names, nodes, fields, and the notes of what a source left out."""
