"""The part of the document about reps: teams, shares, hours, time off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from router.policy.people.roster import Hours, Rep, Team
from router.policy.rules.policy import Assign, Policy, ToTeam
from router.rulefiles.document.actions import ActionDescriber
from router.rulefiles.document.blocks import Block, Bullets, Grid, Heading, Paragraph
from router.rulefiles.document.phrases import percent, say, span_in_words
from router.rulefiles.document.sla_steps import BreachDescriber


class PeopleDescriber(Struct, frozen=True):
    """Describes teams, hours and absences of one policy."""

    policy: Policy
    actions: ActionDescriber

    @property
    def language(self) -> str:
        """`fr` or `en`."""
        return self.actions.conditions.language

    def teams(self) -> Iterator[Block]:
        """Each team with every rep's share of its leads."""
        yield Heading(2, self._say("teams"))
        yield Paragraph(self._say("teams_text"))
        headings = tuple(self._say(name) for name in ("rep", "share", "profile", "hours", "limits"))
        for team in self.policy.roster.teams.values():
            reps = [self.policy.roster.reps[name] for name in team.reps]
            total = sum(rep.weight for rep in reps) or 1
            yield Heading(3, self._say("team", name=team.name))
            yield Grid(headings, tuple(self._row(rep, total) for rep in reps))
            if team.fair_by == "value":
                yield Paragraph(self._say("by_value"))
            yield from self._catching_up(team)
            if team.performance is not None:
                yield Paragraph(self._say("by_results", days=team.performance.days))

    def _catching_up(self, team: Team) -> Iterator[Block]:
        if team.catch_up is None:
            return
        if team.catch_up.at_most is None:
            yield Paragraph(self._say("catch_up"))
            return
        how_many = "most_one" if team.catch_up.at_most == 1 else "most"
        most = self._say(f"{how_many}_{team.unit}", count=team.catch_up.at_most)
        yield Paragraph(self._say("catch_up_to", most=most))

    def response(self) -> Iterator[Block]:
        """The time to answer leads, the working weeks in which it counts, and leads that lose their owner."""
        roster = self.policy.roster
        default = self.actions.span(self.policy.default_sla)
        yield Heading(2, self._say("sla"))
        yield Paragraph(self._say("sla_text", default=default, timezone=roster.timezone.key))
        if roster.hours:
            rows = tuple((name, "\n".join(self._week(hours))) for name, hours in roster.hours.items())
            yield Grid((self._say("week"), self._say("worked")), rows)
        yield from BreachDescriber(self.policy, self.language).blocks()
        yield Paragraph(self._say(f"owner_cleared_{self.policy.owner_cleared}"))

    def night(self) -> Iterator[Block]:
        """The moves of leads at night."""
        night = self.policy.night
        yield Heading(2, self._say("night"))
        yield Paragraph(self._say("night_text", at=f"{night.at:%H:%M}"))
        lines = night_lines(self.policy, self.language)
        if lines:
            yield Paragraph(self._say("night_moves"))
            yield Bullets(lines)
            share = percent(int(night.limits.share * 10_000), 10_000, self.language)
            yield Paragraph(self._say("night_brake", count=night.limits.count, share=share))

    def absences(self) -> Iterator[Block]:
        """The rules for when no rep is available, and the list of time off."""
        yield Heading(2, self._say("nobody"))
        last = self.policy.rules[-1].action
        team = last.to.team if isinstance(last, Assign) and isinstance(last.to, ToTeam) else "…"
        lines = ("nobody_off", "nobody_instead", "nobody_backup", "nobody_queue")
        yield Bullets(tuple(self._say(line, team=team) for line in lines))
        yield Heading(3, self._say("time_off"))
        off = sorted(self.policy.roster.time_off, key=lambda one: (one.start, one.rep))
        if not off:
            yield Paragraph(self._say("no_time_off"))
            return
        headings = tuple(self._say(name) for name in ("rep", "from", "to", "backup"))
        yield Grid(
            headings,
            tuple((one.rep, self._day(one.start), self._day(one.end), one.backup or "–") for one in off),
        )

    def _row(self, rep: Rep, total: int) -> tuple[str, ...]:
        owners = self.actions.conditions.catalog.owners
        full_name = next((one.name for one in owners if one.email.lower() == rep.owner), "")
        share = percent(rep.weight, total, self.language)
        return (
            f"{rep.name}\n{full_name}".strip(),
            f"{share}\n{self._say('weight', weight=f'{rep.weight / 1000:g}')}",
            "\n".join(self._profile(rep)) or "–",
            "\n".join(self._hours(rep)),
            "\n".join(self._limits(rep)) or self._say("no_limit"),
        )

    def _profile(self, rep: Rep) -> Iterator[str]:
        if rep.level:
            yield self._say("level", value=rep.level)
        if rep.skills:
            yield self._say("skills", values=", ".join(rep.skills))
        if rep.languages:
            yield self._say("languages", values=", ".join(rep.languages))

    def _hours(self, rep: Rep) -> Iterator[str]:
        yield rep.hours.name if rep.hours else self._say("round_the_clock")
        if rep.public_holidays:
            yield self._say("public_holidays", code=rep.public_holidays)

    def _limits(self, rep: Rep) -> Iterator[str]:
        if rep.max_open_leads is not None:
            yield self._say("max_open", count=rep.max_open_leads)
        if rep.max_per_day is not None:
            yield self._say("max_day", count=rep.max_per_day)
        if rep.max_claims_per_hour is not None:
            yield self._say("max_claims", count=rep.max_claims_per_hour)

    def _week(self, hours: Hours) -> Iterator[str]:
        """One line for each run of days with the same hours."""
        names = self._say("weekdays").split()
        start = 0
        for day in range(1, 8):
            if day < 7 and hours.week[day] == hours.week[start]:
                continue
            if hours.week[start]:
                days = names[start] if day - start == 1 else f"{names[start]}–{names[day - 1]}"
                spans = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours.week[start])
                yield f"{days} {spans}"
            start = day

    def _day(self, day: date) -> str:
        return f"{day:%d/%m/%Y}" if self.language == "fr" else day.isoformat()

    def _say(self, phrase: str, **words: object) -> str:
        return say(self.language, phrase, **words)


def night_lines(policy: Policy, language: str) -> tuple[str, ...]:
    """The open leads that get another owner at night, one line for each reason."""
    night = policy.night
    spans = {"away": night.when_away, "overdue": night.when_overdue, "queued": night.when_queued}
    gone = (say(language, "night_gone"),) if night.when_gone else ()
    by_span = (
        say(language, f"night_{why}", span=span_in_words(span, language))
        for why, span in spans.items()
        if span
    )
    return (*gone, *by_span)
