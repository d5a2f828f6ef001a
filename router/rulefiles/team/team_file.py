"""Reader of `team.yaml`: reps, teams, managers, working hours and time off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct

from router.policy.leads.catalog import Catalog
from router.policy.people.roster import Hours, Rep, Roster, Team, TimeOff
from router.rulefiles.team.holiday_code import read_holidays
from router.rulefiles.team.managers import read_managers
from router.rulefiles.team.rep_lines import RepReader
from router.rulefiles.team.team_lines import TeamLineReader, is_rep
from router.rulefiles.team.working_hours import read_hours
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import day
from router.rulefiles.yaml.tree import Map, Node, YamlEntry

KEYS: Final = ("timezone", "public_holidays", "hours", "reps", "out_of_office", "teams", "managers")
REQUIRED: Final[Mapping[str, str]] = {
    "timezone": "Add 'timezone: Europe/Paris'.",
    "reps": "Add 'reps:' with a line for each rep.",
    "teams": "Add 'teams:' with a list of reps for each team.",
}
TIME_OFF_KEYS: Final = ("rep", "from", "to", "backup")
TIME_OFF_REQUIRED: Final[Mapping[str, str]] = {
    "rep": "Add 'rep:' with the name of a rep.",
    "from": "Add 'from:' with the first day.",
    "to": "Add 'to:' with the last day.",
}
UTC_ZONE: Final = ZoneInfo("UTC")


def read_team(root: Node, file: FileReader, catalog: Catalog) -> Roster:
    """The roster; it may be used only if `file` holds no error."""
    return TeamReader(file, catalog).roster(root)


class TeamReader(Struct, frozen=True):
    """Reads `team.yaml` from top to bottom."""

    file: FileReader
    catalog: Catalog

    def roster(self, root: Node) -> Roster:
        """The whole file; a part with a mistake is reported and left out."""
        fields = self.file.fields(root, "team.yaml", known=KEYS, required=REQUIRED) or {}
        hours = read_hours(fields["hours"].value, self.file) if "hours" in fields else {}
        holidays = (
            read_holidays(fields["public_holidays"].value, self.file) if "public_holidays" in fields else None
        )
        reps = self._reps(fields["reps"], hours, holidays) if "reps" in fields else {}
        teams = self._teams(fields["teams"], reps) if "teams" in fields else {}
        managers = fields.get("managers")
        return Roster(
            timezone=self._timezone(fields["timezone"].value) if "timezone" in fields else UTC_ZONE,
            reps=reps,
            teams=teams,
            time_off=self._time_off(fields["out_of_office"].value, reps) if "out_of_office" in fields else (),
            hours=hours,
            lines=self._lines(fields["reps"]) if "reps" in fields else {},
            managers=read_managers(managers.value, self.file, catalog=self.catalog, teams=teams)
            if managers
            else (),
        )

    def _lines(self, entry: YamlEntry) -> dict[str, int]:
        entries = entry.value.entries if isinstance(entry.value, Map) else ()
        return {line.key.text: line.key.line for line in entries}

    def _timezone(self, node: Node) -> ZoneInfo:
        name = self.file.scalar(node, "'timezone'")
        if name is None:
            return UTC_ZONE
        try:
            return ZoneInfo(name.text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # A folder's name or a path outside the database is an OSError or a ValueError.
            hint = "Write a name such as Europe/Paris."
            message = f"there is no time zone '{name.text}'"
            self.file.error(name, message, hint, like=name.text, among=available_timezones())
            return UTC_ZONE

    def _reps(self, entry: YamlEntry, hours: Mapping[str, Hours], holidays: str | None) -> dict[str, Rep]:
        owners: dict[str, str] = {}
        reader = RepReader(self.file, self.catalog, hours, holidays)
        reps: dict[str, Rep] = {}
        for line in self.file.entries(entry.value, "'reps'"):
            rep = reader.rep(line)
            reps[rep.name] = rep
            first = owners.setdefault(rep.owner, rep.name)
            if rep.owner and first != rep.name:
                message = f"'{rep.name}' and '{first}' are the same HubSpot owner, {rep.owner}"
                self.file.error(line.key, message, "One owner is one rep: remove one of the two.")
        return reps

    def _teams(self, entry: YamlEntry, reps: Mapping[str, Rep]) -> dict[str, Team]:
        reader = TeamLineReader(self.file, reps)
        return {team.name: team for team in map(reader.team, self.file.entries(entry.value, "'teams'"))}

    def _time_off(self, node: Node, reps: Mapping[str, Rep]) -> tuple[TimeOff, ...]:
        found = (self._absence(element, reps) for element in self.file.elements(node, "'out_of_office'"))
        return tuple(absence for absence in found if absence is not None)

    def _absence(self, node: Node, reps: Mapping[str, Rep]) -> TimeOff | None:
        fields = self.file.fields(node, "a time off", known=TIME_OFF_KEYS, required=TIME_OFF_REQUIRED)
        if fields is None:
            return None
        texts = {name: self.file.scalar(entry.value, f"'{name}'") for name, entry in fields.items()}
        for name in ("rep", "backup"):
            person = texts.get(name)
            if person is not None:
                is_rep(person, reps, self.file)
        rep, backup, start, end = (texts.get(name) for name in ("rep", "backup", "from", "to"))
        days = [day(text.text) for text in (start, end) if text is not None]
        for text, found in zip([text for text in (start, end) if text is not None], days, strict=True):
            if found is None:
                self.file.error(text, f"'{text.text}' is no date", "Write 2026-12-21.")
        if rep is None or start is None or end is None or days[0] is None or days[1] is None:
            return None
        if days[0] > days[1]:
            message = f"the time off of '{rep.text}' ends before it starts: {days[0]} is after {days[1]}"
            self.file.error(start, message, "Write the first day as 'from' and the last one as 'to'.")
        if backup is not None and backup.text == rep.text:
            self.file.error(backup, f"'{rep.text}' is their own backup", "Name somebody else, or nobody.")
        return TimeOff(rep.text, days[0], days[1], backup.text if backup else None)
