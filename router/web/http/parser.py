"""Waitress's parser of one request, with strict heads and chunks, and a clock."""

from __future__ import annotations

import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError

from router.web.http.chunks import ChunkedBody
from router.web.http.heads import HeadInvalid, strict_head


class Parser(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """One request as it arrives; `began` says when its first byte came (monotonic seconds)."""

    body_rcv: Any

    def __init__(self, options: Adjustments) -> None:
        super().__init__(options)
        self.began = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of the request; raises `ParsingError`, which becomes a 400."""
        try:
            super().parse_header(strict_head(header_plus))
        except HeadInvalid as error:
            raise ParsingError(str(error)) from None
        except ValueError:  # urlsplit's, which Waitress lets through
            raise ParsingError("The target of the request is no address.") from None
        if self.chunked:
            self.body_rcv = ChunkedBody(self.body_rcv.getbuf())
