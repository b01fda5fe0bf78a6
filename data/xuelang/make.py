"""Draw xuelang-stand-in.osm.pbf: a stylised Xuelang Town on a lake, with canals, a grid of wide roads, and plants.

    python -m data.xuelang.make

Run from the top of the checkout. Streets are drawn by hand below, in metres east and north of the centre; what lies in
the blocks between them is drawn by data/stylised.
"""

from __future__ import annotations

from pathlib import Path

from data.stylised.plan import Bus, Ground, Hamlet, Name, Plan, Quarter, Ring, Site, Slip, Spots, Street, Water
from data.stylised.town import make
from data.stylised.words import blocks, lanes

TARGET = Path(__file__).parent / "xuelang-stand-in.osm.pbf"


def turned(*spots: tuple[int, int]) -> Spots:
    """Return spots of the grid, which is turned by seven degrees to the coast."""
    return tuple(((993 * x + 122 * y) // 1000, (993 * y - 122 * x) // 1000) for x, y in spots)


WATERS = (
    Water(Name("太湖", "Lake Tai"), "lake", (
        (-3000, -520), (-2350, -780), (-1800, -1180), (-1150, -1250), (-600, -1560), (150, -1720), (700, -1560),
        (1250, -1650), (1800, -2020), (2400, -2130), (3000, -2400), (3000, -3000), (-3000, -3000),
    )),
    Water(Name("梁塘河", "Liangtang Canal"), "canal", turned((-420, 2900), (-380, 1500), (-430, 300), (-330, -700),
        (-420, -1900)), wide=42),
    Water(Name("蠡河", "Lihe Canal"), "canal", turned((-3000, 620), (-1400, 560), (-420, 640), (900, 560),
        (3100, 640)), wide=34),
    Water(Name("庙桥港", "Miaoqiao Canal"), "canal", turned((1420, 600), (1480, -300), (1400, -1200),
        (1460, -2200)), wide=26),
)  # fmt: skip

STREETS = (
    # From west to east.
    Street(Name("观山路", "Guanshan Road"), "secondary", turned((-3000, 1780), (-1000, 1740), (1000, 1790),
        (3000, 1740)), lanes=2, median=18, speed=50),
    Street(Name("高浪路", "Gaolang Road"), "primary", turned((-3000, 1060), (3000, 1060)),
        lanes=3, median=26, speed=60),
    Street(Name("吴都路", "Wudu Road"), "primary", turned((-3000, 180), (-1500, 150), (600, 190), (3000, 160)),
        lanes=3, median=22, speed=60),
    Street(Name("具区路", "Juqu Road"), "secondary", turned((-2200, -560), (-900, -620), (600, -600), (1700, -640),
        (3000, -600)), lanes=2, median=18, speed=50),
    Street(Name("环湖路", "Lakeside Road"), "tertiary", (
        (-2980, -240), (-2300, -540), (-1720, -960), (-1080, -1030), (-540, -1340), (150, -1480), (750, -1330),
        (1320, -1420), (1880, -1790), (2450, -1900), (2960, -2100)), lanes=1, speed=40, corner=160),
    Street(Name("雪梅路", "Xuemei Road"), "tertiary", turned((-2250, 1420), (-1300, 1400), (-420, 1430))),
    Street(Name("震泽路", "Zhenze Road"), "tertiary", turned((-350, 1420), (700, 1400), (1660, 1440))),
    Street(Name("清晏路"), "tertiary", turned((-1560, 400), (-480, 380)), lanes=1),
    Street(Name("和风路", "Hefeng Road"), "tertiary", turned((-360, -230), (420, -210), (1420, -250))),
    Street(Name("大通路", "Datong Road"), "tertiary", turned((1520, -230), (2240, -200), (3000, -240))),
    Street(Name("仙河路"), "tertiary", turned((-1950, -220), (-1000, -200), (-440, -230))),
    # From north to south.
    Street(Name("五湖大道", "Wuhu Avenue"), "primary", turned((-2180, 2700), (-2160, 1100), (-2200, -300),
        (-2130, -660)), lanes=2, median=22, speed=60),
    Street(Name("立德路", "Lide Road"), "tertiary", turned((-1560, 1810), (-1520, 900), (-1540, 120)), lanes=1),
    Street(Name("贡湖大道", "Gonghu Avenue"), "primary", turned((-950, 2700), (-960, 900), (-940, -200),
        (-980, -1240)), lanes=3, median=26, speed=60),
    Street(Name("尚贤路", "Shangxian Road"), "tertiary", turned((-60, 1850), (-40, 1000), (-70, 140)), lanes=1),
    Street(Name("雪浪大道", "Xuelang Avenue"), "primary", turned((520, 2700), (500, 900), (530, -600),
        (500, -1420)), lanes=2, median=22, speed=60),
    Street(Name("信成道", "Xincheng Road"), "tertiary", turned((1060, 1860), (1080, 1000), (1060, 120)), lanes=2),
    Street(Name("华谊路", "Huayi Road"), "secondary", turned((1700, 2700), (1720, 1000), (1700, -400),
        (1660, -1560)), lanes=2, median=18, speed=50),
    Street(Name("南湖大道", "Nanhu Avenue"), "primary", turned((2420, 2700), (2400, 1000), (2420, -700),
        (2380, -1600)), lanes=2, median=22, speed=60),
    Street(Name("科创路", "Kechuang Road"), "tertiary", turned((60, -570), (30, -1460)), lanes=1),
    Street(Name("湖滨街"), "tertiary", turned((-1420, -580), (-1440, -1120)), lanes=1),
)  # fmt: skip

QUARTERS = (
    Quarter("park", ((-2800, -330), (-2300, -545), (-1720, -965), (-1080, -1035), (-540, -1345), (150, -1500),
        (750, -1360),
                     (1320, -1450), (1880, -1820), (2800, -2100), (2800, -2600), (-2800, -2600)),
            names=(Name("太湖湖滨公园", "Taihu Lakeside Park"),)),
    Quarter("offices", turned((-340, 150), (1400, 150), (1400, -620), (-340, -620)),
            names=blocks(Name("雪浪物联网产业园", "Xuelang Internet of Things Park"), 6, Name("区", "Zone"))),
    Quarter("campus", turned((-340, -620), (560, -620), (560, -1500), (-340, -1500)), names=(Name("雪浪工程师学院",
        "Xuelang Engineers' College"),)),
    Quarter("works", turned((1700, 1060), (3000, 1060), (3000, 180), (1700, 180)),
            names=blocks(Name("雪浪机床厂", "Xuelang Machine Tool Works"), 4, Name("厂区", "Works"))),
    Quarter("works", turned((1700, 1780), (3000, 1780), (3000, 1060), (1700, 1060)),
            names=blocks(Name("太湖摩托车厂", "Taihu Motorcycle Works"), 3, Name("厂区", "Works"))),
    Quarter("works", turned((1440, 180), (3000, 180), (3000, -640), (1440, -640)),
            names=blocks(Name("梁塘精密机械园", "Liangtang Precision Machinery Park"), 5, Name("厂区", "Works"))),
    Quarter("works", turned((1060, 2700), (3000, 2700), (3000, 1740), (1060, 1740)), names=(Name("观山物流园",
        "Guanshan Logistics Park"),)),
    Quarter("shops", turned((-940, 1060), (-400, 1060), (-400, 180), (-940, 180))),
    Quarter("hospital", turned((-60, 1060), (500, 1060), (500, 620), (-60, 620)), names=(Name("雪浪医院",
        "Xuelang Hospital"),)),
    Quarter("old", turned((-2160, 1780), (-940, 1780), (-940, 1060), (-2160, 1060))),
    Quarter("old", turned((-2160, 1060), (-1500, 1060), (-1500, 600), (-2160, 600))),
    Quarter("park", turned((560, -620), (1420, -620), (1420, -1500), (560, -1500)), names=(Name("雪浪湿地公园",
        "Xuelang Wetland Park"),)),
    Quarter("village", turned((-3000, 620), (-2160, 620), (-2160, -560), (-3000, -560))),
    Quarter("empty", turned((1700, -640), (3000, -640), (3000, -1700), (1700, -1700)), cell=300),
)  # fmt: skip

PLAN = Plan(
    key="xuelang",
    name=Name("雪浪小镇", "Xuelang Town"),
    centre=(31.470, 120.300),
    half=(2700, 2200),
    seed=20170,
    streets=STREETS,
    waters=WATERS,
    grounds=(
        Ground({"natural": "wood"}, ((-2750, 2250), (-2750, 1500), (-2500, 1450), (-2330, 1800), (-2380, 2250)),
            Name("雪浪山", "Xuelang Hill")),
        Ground({"natural": "wetland"}, ((-1750, -1130), (-1150, -1190), (-1100, -1080), (-1650, -1010)), builds=True),
        Ground({"leisure": "park"}, ((-250, -1560), (150, -1660), (650, -1530), (640, -1420), (150, -1560),
            (-220, -1470)), builds=True),
    ),
    quarters=QUARTERS,
    sites=(
        Site("school", Name("雪浪小学", "Xuelang Primary School"), turned((-1240, 900))[0], (130, 120)),
        Site("school", Name("太湖高级中学", "Taihu High School"), turned((-700, -330))[0], (170, 130)),
        Site("school", Name("蠡河小学", "Lihe Primary School"), turned((760, 800))[0], (120, 120)),
        Site("school", Name("雪梅幼儿园"), turned((-1250, 1580))[0], (80, 80)),
        Site("parking", Name("物联网园停车场", "IoT Park Car Park"), turned((300, -420))[0], (90, 70),
            {"capacity": "240"}),
    ),
    hamlets=(
        Hamlet(Name("葛埭桥", "Gedaiqiao"), turned((-2130, -100), (-2450, -180), (-2760, -50))),
        Hamlet(Name("周新里", "Zhouxinli"), turned((-2180, 850), (-2400, 900), (-2700, 840))),
        Hamlet(Name("新联村", "Xinlian Village"), turned((1720, -1050), (2000, -1120), (2350, -1080))),
    ),
    rings=(Ring((-140, -1422), 22, "tertiary", Name("湖心环岛")),),
    slips=(
        Slip("贡湖大道", "高浪路", turned((-930, 1030))[0]), Slip("高浪路", "雪浪大道", turned((470, 1030))[0]),
        Slip("雪浪大道", "高浪路", turned((540, 1090))[0]),
    ),
    lanes=lanes(
        ("梅园", "Meiyuan"), ("清莲", "Qinglian"), ("菱湖", "Linghu"), ("渔港", "Yugang"), ("芦村", "Lucun"),
        ("塘铁", "Tangtie"), ("方庙", "Fangmiao"), ("丁家", "Dingjia"), ("周新", "Zhouxin"), ("桂园", "Guiyuan"),
        ("丰裕", "Fengyu"), ("锦溪", "Jinxi"), ("水秀", "Shuixiu"), ("南泉", "Nanquan"), ("板桥", "Banqiao"),
        ("精工", "Jinggong"), ("联创", "Lianchuang"), ("智造", "Zhizao"),
    ),
    buses=(
        Bus("雪1", Name("雪浪医院", "Xuelang Hospital"), Name("机床厂", "Machine Tool Works"),
            turned((-50, 1060), (520, 1060), (520, 180), (1700, 180), (1700, 1060), (2420, 1060)), 6),
        Bus("雪2", Name("五湖大道北", "Wuhu Avenue North"), Name("工程师学院", "Engineers' College"),
            turned((-2170, 1780), (-2170, 1060), (-950, 1060), (-950, 180), (-950, -600), (50, -600), (35, -1320)), 8),
        Bus("雪3", Name("雪梅路", "Xuemei Road"), Name("物联网园", "IoT Park"),
            turned((-2170, 1420), (-950, 1410), (-950, 180), (-60, 180), (520, 180), (520, -220), (1380, -240)), 10),
        Bus("雪4", Name("观山路东", "Guanshan Road East"), Name("环湖路", "Lakeside Road"),
            turned((2420, 1750), (1710, 1770), (520, 1780), (510, 1060), (520, 180), (520, -600), (500, -1280)), 12),
        Bus("雪5", Name("南湖大道", "Nanhu Avenue"), Name("尚贤路", "Shangxian Road"),
            turned((2400, -620), (2410, 170), (1080, 180), (1080, 1060), (1060, 1780), (-50, 1770)), 15),
    ),
    v2x=("高浪路", "吴都路", "雪浪大道"),
    tilt=(993, -122),
)  # fmt: skip

if __name__ == "__main__":
    print(f"{TARGET.name}: sha256 {make(PLAN, TARGET)}, {TARGET.stat().st_size} bytes")
