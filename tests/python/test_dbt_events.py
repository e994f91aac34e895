"""dbt's events while the pipeline builds: made once somebody asks for what they say."""

from dbt.adapters.events.types import SQLQuery
from dbt.events.types import JinjaLogWarning
from dbt_common.events.base_types import EventMsg
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import fire_event

from pipeline.dbt.events import build_events


def test_an_event_for_debugging_reaches_nobody_and_still_says_what_it_is() -> None:
    heard: list[EventMsg] = []
    with build_events():
        get_event_manager().add_callback(heard.append)
        query = SQLQuery(conn_name="model.shop", sql="select 1")
        fire_event(query)
        fire_event(JinjaLogWarning(msg="orders: one is rejected"))

        assert query.sql == "select 1"
        assert "model.shop" in query.message()
    assert [event.info.msg for event in heard] == ["orders: one is rejected"]


def test_events_are_dbts_own_again_after_a_build() -> None:
    with build_events():
        pass
    assert SQLQuery(conn_name="a", sql="select 1").pb_msg.sql == "select 1"
