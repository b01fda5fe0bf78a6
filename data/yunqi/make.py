"""Draw yunqi-stand-in.osm.pbf: a stylised Yunqi Town between hills and a bend of the river.

    python -m data.yunqi.make

Run from the top of the checkout. Streets are drawn by hand below, in metres east and north of the centre; what lies in
the blocks between them is drawn by data/stylised.
"""

from __future__ import annotations

from pathlib import Path

from data.stylised.plan import Bus, Ground, Hamlet, Name, Plan, Quarter, Ring, Site, Slip, Street, Water
from data.stylised.town import make
from data.stylised.words import blocks, lanes

TARGET = Path(__file__).parent / "yunqi-stand-in.osm.pbf"

RIVER = Water(
    Name("钱塘江", "Qiantang River"), "river",
    ((-2700, -2800), (-900, -1950), (700, -1450), (1650, -350), (1900, 900), (2700, 2100), (3300, 2900)), wide=640,
)  # fmt: skip

STREETS = (
    # Along the river and the hills, from south-west to north-east.
    Street(Name("之江路", "Zhijiang Road"), "primary",
           ((-2950, -2440), (-1050, -1570), (480, -1110), (1280, -150), (1500, 960), (2480, 2460)),
           lanes=2, median=16, speed=60, corner=260),
    Street(Name("云展大道", "Yunzhan Avenue"), "primary",
           ((-2950, -1260), (-1500, -700), (-200, -250), (700, 350), (1000, 1200), (1680, 2460)),
           lanes=3, median=22, speed=60, corner=260),
    Street(Name("望山路", "Wangshan Road"), "secondary",
           ((-2950, -930), (-2400, -700), (-1700, -150), (-700, 350), (100, 800), (400, 1500), (920, 2460)),
           lanes=1, speed=50, corner=200),
    Street(Name("杨梅山路", "Yangmeishan Road"), "tertiary", ((-1600, -430), (-450, 60), (190, 430)),
           lanes=1, speed=40, corner=200),
    Street(Name("外张路", "Waizhang Road"), "tertiary", ((-2950, -1800), (-2300, -1500), (-1900, -1330)), lanes=1),
    # From the hills to the river, from west to east.
    Street(Name("绿溪路", "Lüxi Road"), "tertiary", ((-2250, -450), (-2020, -900), (-1840, -1990))),
    Street(Name("回龙路", "Huilong Road"), "secondary", ((-1850, -20), (-1500, -550), (-1200, -1680)),
           lanes=2, speed=50),
    Street(Name("茶乡路", "Chaxiang Road"), "tertiary", ((-1230, 430), (-950, -380), (-670, -1470)), speed=40),
    Street(Name("飞天路", "Feitian Road"), "primary",
           ((-748, 420), (-380, -150), (-60, -1000), (330, -2460)), lanes=2, median=16, speed=60, corner=200),
    Street(Name("创业路", "Chuangye Road"), "tertiary", ((-280, 690), (60, 80), (380, -480), (620, -1020))),
    Street(Name("象山路", "Xiangshan Road"), "secondary", ((80, 900), (480, 640), (900, 120), (1325, -180)), lanes=1),
    Street(Name("望江路", "Wangjiang Road"), "primary",
           ((230, 1250), (900, 950), (1450, 760), (2000, 620), (2950, 380)), lanes=2, median=16, speed=60, corner=200),
    Street(Name("凤凰路", "Fenghuang Road"), "tertiary", ((560, 1960), (1250, 1640), (1840, 1365)), lanes=1),
    # On the far bank.
    Street(Name("江南大道", "Jiangnan Avenue"), "secondary",
           ((-740, -2460), (880, -1830), (2010, -560), (2290, 760), (2950, 1800)), lanes=2, speed=50, corner=260),
    Street(Name("潮音路", "Chaoyin Road"), "tertiary", ((1050, -2460), (2300, -1050), (2600, 120), (2950, 1050)),
        corner=260),
    Street(Name("闻潮路"), "tertiary", ((1180, -1420), (1700, -1950), (2100, -2460))),
    Street(Name("江月路", "Jiangyue Road"), "tertiary", ((1600, -1010), (2300, -1560), (2950, -2020))),
    Street(Name("白鹭路"), "tertiary", ((1950, -470), (2500, -780), (2950, -980)), lanes=1),
    # Parallel to the river, between the others.
    Street(Name("石龙路", "Shilong Road"), "tertiary", ((-2060, -1370), (-1300, -1090), (-700, -960), (-30, -740),
        (560, -500))),
    Street(Name("科海路", "Kehai Road"), "secondary", ((470, -620), (860, 180), (1230, 830), (1420, 1260),
        (1900, 2080)), lanes=1),
)  # fmt: skip

WUYUN = Name("五云山", "Wuyun Hill")

HILLS = (
    ((-2850, -300), (-2450, -260), (-2080, 130), (-1880, 450), (-2020, 900), (-2250, 1500), (-2300, 2350),
        (-2850, 2350)),
    ((-1640, 420), (-1330, 640), (-1170, 1000), (-1330, 1600), (-1450, 2350), (-2080, 2350), (-2000, 1650),
        (-1720, 1000)),
    ((-790, 1020), (-420, 1120), (0, 1480), (220, 1900), (480, 2350), (-1150, 2350), (-1050, 1650)),
)  # fmt: skip

TEA = (
    ((-2420, -230), (-2080, 150), (-1890, 450), (-1650, 400), (-1800, 100), (-2100, -150), (-2300, -380)),
    ((-1860, 520), (-1990, 900), (-2220, 1480), (-2080, 1500), (-1780, 1000), (-1700, 560)),
    ((-1300, 640), (-1150, 1000), (-1300, 1560), (-1090, 1600), (-800, 1020), (-900, 640)),
    ((-700, 640), (-430, 1080), (0, 1420), (180, 1800), (80, 1300), (-350, 820)),
)  # fmt: skip
"""Gardens between the hills and the villages."""

QUARTERS = (
    Quarter("campus", ((-2050, -1250), (-1350, -1000), (-1150, -1600), (-1800, -1850)), names=(Name("云栖会展中心",
        "Yunqi Conference Centre"),), tags=(("amenity", "conference_centre"),)),
    Quarter("offices", ((-2100, -1330), (-350, -700), (-200, -1000), (-700, -1450), (-1250, -1000),
        (-2100, -1300)), names=blocks(Name("云计算产业园", "Cloud Computing Park"), 6, Name("区", "Zone"))),
    Quarter("offices", ((-1500, -750), (-900, -500), (-700, -1000), (-1250, -1150))),
    Quarter("hospital", ((1050, 1000), (1400, 850), (1600, 1300), (1200, 1500)), names=(Name("之江新城医院",
        "Zhijiang New Town Hospital"),)),
    Quarter("shops", ((-450, -150), (50, 80), (300, -350), (-250, -700))),
    Quarter("old", ((-1750, -200), (-700, 300), (-350, -100), (-1500, -600)), cell=120),
    Quarter("works", ((1700, -2450), (2900, -2450), (2900, -1100), (2350, -1250))),
    Quarter("park", ((450, -600), (1300, 100), (1250, -250), (600, -1100)), names=(Name("之江公园", "Zhijiang Park"),)),
    Quarter("village", ((-2900, -800), (-1900, -250), (-1750, -450), (-2400, -1150), (-2900, -1300))),
    Quarter("village", ((-1250, 120), (-200, 640), (300, 1250), (-100, 1300), (-800, 1000), (-1300, 500))),
)  # fmt: skip

PLAN = Plan(
    key="yunqi",
    name=Name("云栖小镇", "Yunqi Town"),
    centre=(30.129, 120.083),
    half=(2800, 2300),
    seed=20160,
    streets=STREETS,
    waters=(RIVER,),
    grounds=(
        *(Ground({"natural": "wood"}, line, name) for line, name in zip(HILLS, (None, None, WUYUN), strict=True)),
        *(Ground({"landuse": "orchard", "trees": "tea_plants"}, line, builds=True) for line in TEA),
    ),
    quarters=QUARTERS,
    sites=(
        Site("school", Name("杨梅山路小学", "Yangmeishan Road Primary School"), (-870, -260), (150, 110)),
        Site("school", Name("之江实验中学", "Zhijiang Experimental Middle School"), (-330, 190), (120, 100)),
        Site("school", Name("云栖幼儿园"), (-1270, -380), (90, 80)),
        Site("school", Name("江南小学", "Jiangnan Primary School"), (2400, -200), (110, 130)),
    ),
    hamlets=(
        Hamlet(Name("外桐坞", "Waitongwu"), ((-2480, -640), (-2300, -260), (-2020, 60), (-1760, 60))),
        Hamlet(Name("龙坞里", "Longwuli"), ((-1560, -150), (-1420, 320), (-1130, 520), (-900, 460))),
        Hamlet(Name("何家村", "Hejia Village"), ((-620, 310), (-560, 760), (-180, 980), (120, 1240), (230, 1500))),
        Hamlet(Name("大清里", "Daqingli"), ((330, 1330), (170, 1650), (420, 2000), (560, 2280))),
        Hamlet(Name("桐坞里", "Tongwuli"), ((-1700, -230), (-1760, 250), (-1850, 800), (-2100, 1400), (-2180, 2050))),
        Hamlet(Name("上城埭", "Shangchengdai"), ((-735, 325), (-820, 700), (-960, 1050), (-1060, 1400), (-1210, 1900),
            (-1280, 2250))),
    ),
    rings=(Ring((-1127, 137), 24, "secondary", Name("望山环岛")),),
    slips=(Slip("飞天路", "云展大道", (-400, -360)),),
    lanes=lanes(
        ("浮山", "Fushan"), ("梧桐", "Wutong"), ("桂花", "Guihua"), ("龙井", "Longjing"), ("清茗", "Qingming"),
        ("听涛", "Tingtao"), ("观潮", "Guanchao"), ("竹径", "Zhujing"), ("云溪", "Yunxi"), ("望梅", "Wangmei"),
        ("翠苑", "Cuiyuan"), ("沿江", "Yanjiang"), ("九溪", "Jiuxi"), ("青芝", "Qingzhi"), ("良渡", "Liangdu"),
        ("枫桦", "Fenghua"), ("美院", "Meiyuan"), ("狮子", "Shizi"),
    ),
    buses=(
        Bus("云1", Name("绿溪路", "Lüxi Road"), Name("之江新城医院", "Zhijiang New Town Hospital"),
            ((-2000, -950), (-1500, -560), (-1060, -170), (-450, 60), (250, 700), (500, 640), (1050, 1200),
                (1500, 1500)), 6),
        Bus("云2", Name("会展中心", "Conference Centre"), Name("凤凰路", "Fenghuang Road"),
            ((-1900, -1950), (-1200, -1600), (-50, -1270), (480, -1110), (1280, -150), (1450, 760), (1600, 1450),
                (600, 1940)), 8),
        Bus("云3", Name("飞天路北", "Feitian Road North"), Name("江南大道", "Jiangnan Avenue"),
            ((-735, 330), (-450, 60), (-300, -280), (-60, -1000), (250, -2090), (880, -1830), (2010, -560),
                (2280, 530)), 12),
        Bus("云4", Name("望山路西", "Wangshan Road West"), Name("望江路东", "Wangjiang Road East"),
            ((-2300, -630), (-1700, -150), (-700, 350), (100, 800), (230, 1250), (900, 950), (1450, 760),
                (2280, 530)), 10),
    ),
    tilt=(100, 22),
)  # fmt: skip

if __name__ == "__main__":
    print(f"{TARGET.name}: sha256 {make(PLAN, TARGET)}, {TARGET.stat().st_size} bytes")
