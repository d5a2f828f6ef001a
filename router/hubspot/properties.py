"""Every HubSpot property name that the code knows. A list and nothing else: every floor may read it."""

from __future__ import annotations

from typing import Final

OBJECT_ID: Final = "hs_object_id"
CREATED: Final = "createdate"
MODIFIED: Final = "lastmodifieddate"
OWNER: Final = "hubspot_owner_id"
"""Owner of a contact; owner of a company as `company.hubspot_owner_id`."""
OWNER_ASSIGNED: Final = "hubspot_owner_assigneddate"
STATUS: Final = "hs_lead_status"
STAGE: Final = "lifecyclestage"
COMPANY: Final = "associatedcompanyid"
COUNTRY_CODE: Final = "hs_country_region_code"
SOURCE: Final = "hs_analytics_source"
LAST_CONVERSION: Final = "recent_conversion_date"
LAST_CONTACTED: Final = "notes_last_contacted"
LAST_UPDATED: Final = "notes_last_updated"
UNWORKED: Final = "hs_is_unworked"
MERGED_IDS: Final = "hs_merged_object_ids"
EMPLOYEES: Final = "numberofemployees"
DAYS_TO_CLOSE: Final = "days_to_close"
NOT_SUBSCRIBABLE: Final = ("num_unique_conversion_events", "hs_lastmodifieddate")
"""Properties whose changes HubSpot tells in no webhook."""

COMPANY_OWNER: Final = f"company.{OWNER}"
"""The company's owner, as rule files name it."""

# Written by Lead Router on the contact.
GROUP: Final = "lead_router"
REASON: Final = "lead_router_reason"
RULE: Final = "lead_router_rule"
SCORE: Final = "lead_router_score"
GRADE: Final = "lead_router_grade"
SEGMENT: Final = "lead_router_segment"
DUE_AT: Final = "lead_router_due_at"
DECISION_ID: Final = "lead_router_decision_id"

# Of users (availability).
USER_ID: Final = "hs_internal_user_id"
USER_EMAIL: Final = "hs_email"
USER_STATUS: Final = "hs_availability_status"
OUT_OF_OFFICE: Final = "hs_out_of_office_hours"
WORKING_HOURS: Final = "hs_working_hours"
TIME_ZONE: Final = "hs_standard_time_zone"

# Of tasks.
TASK_SUBJECT: Final = "hs_task_subject"
TASK_BODY: Final = "hs_task_body"
TASK_STATUS: Final = "hs_task_status"
TASK_TYPE: Final = "hs_task_type"
TASK_DUE: Final = "hs_timestamp"
