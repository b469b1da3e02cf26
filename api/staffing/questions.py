"""What a staffing study is asked: tables as rows of the data dictionary, and the options of `wuding staffing`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.http.rows import body_of
from api.http.schemas import Body, Code, Day, Division, Text
from optimizer.staffing.uncertainty import MOST_DRAWS

MOST_ROWS = 50_000  # of one table
MOST_VILLAGES = 2_000  # whose grids are answered at once
MOST_OTHERS = 20  # coefficients asked about, scenarios set beside
Seed = Annotated[int, Field(ge=0, le=2**31 - 1, description="随机种子 / seed")]
Year = Annotated[int, Field(ge=2004, le=2100)]
Yuan = Annotated[int, Field(ge=0, le=10**12, description="元/年 / yuan a year")]
Posts = Annotated[int, Field(ge=0, le=10**6)]


def _rows(table: str, *, needed: bool = False, most: int = MOST_ROWS) -> Any:
    """A list of rows of a table of the data dictionary."""
    title = "".join(part.capitalize() for part in table.split("_"))
    row = body_of(f"{title}Row", table, {}, edit=False)
    return Annotated[list[row], Field(min_length=int(needed), max_length=most)]  # type: ignore[valid-type]


Towns = _rows("towns", needed=True)
Coefficients = _rows("coefficients")


class Question(Body):
    """`FILES`: field with rows -> table of the data dictionary."""

    FILES: ClassVar[Mapping[str, str]] = {}

    def tables(self) -> Iterator[tuple[str, str, list[Any]]]:
        """What there is to read as files: field, table, rows."""
        for name, table in self.FILES.items():
            rows = getattr(self, name)
            if rows:
                yield name, table, rows


class SetBeside(Body):
    name: Text = Field(max_length=60, pattern=r"^[^/\\\x00-\x1f]+$")
    coefficients: Coefficients  # type: ignore[valid-type]


class Sized(Question):
    """What both sizing and sharing out go by."""

    FILES: ClassVar[Mapping[str, str]] = {"towns": "towns", "coefficients": "coefficients"}
    towns: Towns  # type: ignore[valid-type]
    coefficients: Coefficients = Field([], description="自定参数；其余用默认值 / your own; the others by default")  # type: ignore[valid-type]
    year: Year | None = Field(None, description="空为本年 / null: this year")
    stores: Division | None = Field(
        None, description="按该区划库存推算“五定”工作量 / reckon five-fixed work from the stock of this division"
    )


class Size(Sized):
    kind: Literal["size"] = "size"
    draws: int = Field(1000, ge=0, le=MOST_DRAWS, description="不确定性抽样次数 / draws for the uncertainty")
    seed: Seed = 0
    break_even: list[Code] = Field([], max_length=MOST_OTHERS, description="求临界值的参数 / coefficients to turn")
    compare: list[SetBeside] = Field([], max_length=MOST_OTHERS, description="并列对比 / set beside")


class GradeCost(Body):
    cost: Yuan
    most: Posts | None = Field(None, description="最多新增 / most new ones")


class Budget(Body):
    yuan: Yuan
    established: GradeCost
    contract: GradeCost


class Share(Sized):
    FILES: ClassVar[Mapping[str, str]] = {**Sized.FILES, "town_posts": "town_posts", "district_posts": "district_posts"}
    kind: Literal["share"] = "share"
    posts: Posts | None = Field(None, description="新岗位数；与 budget 二选一 / new posts; or `budget`")
    budget: Budget | None = None
    lose: int = Field(0, ge=0, le=10**6, description="每个乡镇最多调出 / most that a town loses")
    to_required: bool = Field(False, description="不超过应配 / no town beyond what it requires")
    town_posts: _rows("town_posts") = Field([])  # type: ignore[valid-type]
    district_posts: _rows("district_posts") = Field([])  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _one_of_them(self) -> "Share":
        if (self.posts is None) == (self.budget is None):
            raise PydanticCustomError("cell", "posts 与 budget 须且只须给一个 / give either posts or budget")
        return self


class Roster(Question):
    FILES: ClassVar[Mapping[str, str]] = {
        "people": "duty_people",
        "posts": "duty_posts",
        "requests": "duty_requests",
        "roster": "duty_roster",
    }
    kind: Literal["roster"] = "roster"
    people: _rows("duty_people", needed=True)  # type: ignore[valid-type]
    posts: _rows("duty_posts", needed=True)  # type: ignore[valid-type]
    requests: _rows("duty_requests") = Field([])  # type: ignore[valid-type]
    month: str = Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", examples=["2026-10"])
    response: list[Annotated[str, Field(max_length=22, pattern=r"^[0-9.-]+$")]] = Field(
        [], max_length=31, examples=[["2026-10-10..2026-10-15"]], description="响应期 / days of response"
    )
    nights: int = Field(2, ge=1, le=31, description="最多连续夜班 / nights in a row at most")
    before: _rows("duty_roster") = Field([], description="上月的值班表 / the roster of the month before")  # type: ignore[valid-type]
    roster: _rows("duty_roster") = Field([], description="修补这份值班表 / mend this roster")  # type: ignore[valid-type]
    since: Day | None = Field(None, description="从该日起可改 / first day that may change")
    seed: Seed = 0

    @model_validator(mode="after")
    def _mended(self) -> "Roster":
        if self.since is not None and not self.roster:
            raise PydanticCustomError("cell", "since 须与 roster 一起给 / give since together with roster")
        return self


class Patrol(Question):
    FILES: ClassVar[Mapping[str, str]] = {
        "dues": "patrol_dues", "stations": "patrol_stations", "grids": "patrol_grids", "villages": "patrol_villages",
        "hazards": "patrol_hazards", "rounds": "patrol_rounds", "record": "patrol_record",
    }  # fmt: skip
    kind: Literal["patrol"] = "patrol"
    dues: _rows("patrol_dues", needed=True)  # type: ignore[valid-type]
    stations: _rows("patrol_stations", needed=True)  # type: ignore[valid-type]
    grids: _rows("patrol_grids") = Field([])  # type: ignore[valid-type]
    villages: _rows("patrol_villages") = Field([])  # type: ignore[valid-type]
    hazards: _rows("patrol_hazards") = Field([])  # type: ignore[valid-type]
    rounds: _rows("patrol_rounds") = Field([], description="重排：原计划 / of planning again: the earlier plan")  # type: ignore[valid-type]
    record: _rows("patrol_record") = Field([], description="重排：检查记录 / of planning again: what was made")  # type: ignore[valid-type]
    since: Day | None = Field(None, description="重排：从该日起可改 / of planning again: first day that may change")
    year: Year
    situation: Code = Field("live", description="用哪个态势的路网 / whose roads")
    work: int = Field(300, ge=0, le=10_000, description="每次检查的搜索步数 / steps of search for each visit")
    week: int | None = Field(None, ge=1, le=53, description="地图上画哪一周 / week on the map")

    @model_validator(mode="after")
    def _all_three(self) -> "Patrol":
        if not bool(self.rounds) == bool(self.record) == (self.since is not None):
            raise PydanticCustomError("cell", "rounds、record、since 须一起给 / give rounds, record and since together")
        return self


class Grids(Question):
    FILES: ClassVar[Mapping[str, str]] = {"villages": "grid_villages", "managers": "grid_managers"}
    villages: _rows("grid_villages", needed=True, most=MOST_VILLAGES)  # type: ignore[valid-type]
    managers: _rows("grid_managers") = Field([], description="网格员名册 / managers there are")  # type: ignore[valid-type]


AnyQuestion = Annotated[Size | Share | Roster | Patrol, Field(discriminator="kind")]
KINDS: Mapping[str, type[Question]] = {"size": Size, "share": Share, "roster": Roster, "patrol": Patrol}
TABLES = tuple(dict.fromkeys(table for kind in (*KINDS.values(), Grids) for table in kind.FILES.values()))
