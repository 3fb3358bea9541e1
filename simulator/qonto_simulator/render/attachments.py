"""Attachments as the API writes them."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.files import link
from qonto_simulator.records.attachment import Attachment
from qonto_simulator.times import with_millis
from qonto_simulator.world import World

from .common import Document


def attachment(world: World, one: Attachment, now: datetime) -> Document:
    """With a link that is good for thirty minutes; ``file_size`` is a string."""
    size = len(one.read())
    return {
        "id": one.id,
        "created_at": with_millis(one.created_at),
        "file_name": one.file_name,
        "file_size": size if world.quirks.numeric_file_size else str(size),
        "file_content_type": one.content_type,
        "url": link(world, one, now),
        "probative_attachment": {"status": one.probative},
    }


def client_invoice_upload(world: World, one: Attachment, now: datetime) -> Document:
    """A file to go with an invoice or a quote; ``file_size`` is a number here."""
    return {
        "id": one.id,
        "organization_id": one.organisation_id,
        "filename": one.file_name,
        "content_type": one.content_type,
        "file_size": len(one.read()),
        "url": link(world, one, now),
        "created_at": with_millis(one.created_at),
        "updated_at": with_millis(one.created_at),
    }
