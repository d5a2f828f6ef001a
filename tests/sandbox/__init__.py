"""What the toy portal does, asked over HTTP like everybody asks it."""
