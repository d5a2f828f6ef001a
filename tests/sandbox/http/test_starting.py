"""How the portal is started, and what its control routes refuse."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from router.sandbox.http.client import SandboxClient, start_sandbox


def test_without_its_secrets_the_portal_does_not_start():
    env = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}

    ended = subprocess.run(
        [sys.executable, "-m", "router.sandbox", "--port", "0"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "SANDBOX_TOKEN and SANDBOX_CLIENT_SECRET" in ended.stderr


def test_two_portals_run_side_by_side_with_numbers_of_their_own(sandbox: SandboxClient):
    with start_sandbox(portal_id=4242) as other:
        other.create_contacts(3)

        assert other.settings()["portal_id"] == 4242
        assert (other.health()["contacts"], sandbox.health()["contacts"]) == (3, 0)


def test_an_unknown_setting_is_refused_with_the_list(sandbox: SandboxClient):
    with pytest.raises(ValueError, match=r"There is no setting 'latency'\. There are: app_id"):
        sandbox.settings(latency=3)


def test_settings_never_show_the_secrets(sandbox: SandboxClient):
    assert not {"token", "client_secret"} & sandbox.settings().keys()


def test_a_contact_with_a_property_the_portal_lacks_is_refused(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="Contacts have no property 'emial'"):
        sandbox.create_exactly([{"emial": "a@b.fr"}])


def test_a_reset_forgets_everything(sandbox: SandboxClient):
    sandbox.create_contacts(5)

    sandbox.reset()

    assert sandbox.contacts() == []
    assert sandbox.calls()["total"] == 0
    assert sandbox.deliveries()["waiting"] == 0
