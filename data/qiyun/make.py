"""Draw qiyun-stand-in.osm.pbf: a stylised Qiyun Digital Town in a narrow valley, with one trunk road and a railway.

    python -m data.qiyun.make

Run from the top of the checkout. Streets are drawn by hand below, in metres east and north of the centre; what lies in
the blocks between them is drawn by data/stylised.
"""

from __future__ import annotations

from pathlib import Path

from data.stylised.plan import Bus, Ground, Hamlet, Name, Plan, Quarter, Rail, Ring, Site, Slip, Street, Water
from data.stylised.town import make
from data.stylised.words import blocks, lanes

TARGET = Path(__file__).parent / "qiyun-stand-in.osm.pbf"

RIVER = Water(
    Name("宛川河", "Wanchuan River"), "river",
    ((-3900, -820), (-2400, -640), (-800, -720), (800, -560), (2300, -400), (3900, -470)), wide=64,
)  # fmt: skip

RAIL = Rail(
    Name("陇海铁路", "Longhai Railway"),
    ((-3900, 170), (-2600, 330), (-1400, 300), (-300, 230), (900, 340), (2300, 560), (3900, 520)),
    level=("站西路", "工业路"), over=("兰大路",),
)  # fmt: skip

STREETS = (
    # Along the valley.
    Street(Name("栖云大道", "Qiyun Avenue"), "trunk",
           ((-3800, -290), (-2300, -90), (-700, -190), (900, -50), (2400, 130), (3800, 90)), lanes=3, median=26,
               speed=60, corner=300),
    Street(Name("北山路", "Beishan Road"), "secondary",
           ((-3800, 430), (-3000, 640), (-1800, 760), (-600, 700), (700, 790), (1750, 980), (2900, 900),
               (3800, 780)), lanes=1, speed=50, corner=260),
    Street(Name("夏官营街", "Xiaguanying Street"), "tertiary", ((-2900, 520), (-1750, 530), (-720, 470)), lanes=1),
    Street(Name("滨河路", "Binhe Road"), "secondary",
           ((-3800, -960), (-2750, -830), (-2400, -780), (-800, -860), (800, -700), (2300, -540), (3800, -600)),
               lanes=1, speed=50, corner=260),
    Street(Name("创新大道", "Chuangxin Avenue"), "primary", ((-1680, -1190), (-700, -1250), (700, -1140),
        (1780, -1030)), lanes=3, median=30, speed=60),
    Street(Name("未来路"), "construction", ((-1250, -1480), (300, -1520), (1300, -1430))),
    Street(Name("南环路", "South Ring Road"), "tertiary", ((-1650, -1560), (-600, -1640), (600, -1590),
        (1700, -1450)), lanes=1, corner=200),
    Street(Name("产业大道", "Chanye Avenue"), "secondary",
        ((1540, -225), (2300, -130), (3300, -180)), lanes=2, speed=50),
    Street(Name("机械路", "Jixie Road"), "tertiary", ((1600, 700), (2400, 720), (3290, 660))),
    Street(Name("文苑路", "Wenyuan Road"), "tertiary", ((-2300, -380), (-1400, -370), (-640, -440))),
    Street(Name("数据路", "Shuju Road"), "tertiary", ((-620, -440), (300, -370), (1400, -250))),
    # Across the valley, from west to east.
    Street(Name("西坪路", "Xiping Road"), "tertiary", ((-3010, -130), (-2940, -500), (-2820, -900)), lanes=1),
    Street(Name("站西路", "Zhanxi Road"), "tertiary", ((-2380, 760), (-2330, 320), (-2280, -100), (-2360, -480),
        (-2380, -830)), lanes=1),
    Street(Name("兰大路", "Lanzhou University Road"), "primary",
           ((-1480, 1130), (-1500, 700), (-1440, 300), (-1420, -150), (-1500, -800), (-1560, -1620)), lanes=2,
               median=18, speed=60),
    Street(Name("站前路", "Zhanqian Road"), "tertiary", ((-930, 720), (-955, 500), (-940, 345))),
    Street(Name("科学路", "Kexue Road"), "secondary", ((-560, 770), (-600, 250), (-640, -200), (-620, -800),
        (-560, -1660)), lanes=2, speed=50),
    Street(Name("云创路", "Yunchuang Road"), "primary",
           ((440, 830), (480, 300), (520, -80), (460, -700), (480, -1640)), lanes=2, median=18, speed=60, over=()),
    Street(Name("丝路大街", "Silk Road Street"), "secondary", ((1425, 20), (1380, -600), (1420, -1100),
        (1480, -1510)), lanes=2, speed=50),
    Street(Name("兴隆路", "Xinglong Road"), "secondary", ((1640, 105), (1600, -290)), lanes=1, speed=50),
    Street(Name("振兴路"), "tertiary", ((1640, 1010), (1650, 700), (1670, 500))),
    Street(Name("工业路", "Gongye Road"), "secondary", ((2560, 1080), (2520, 550), (2480, 120), (2420, -580)),
        lanes=1, speed=50),
    Street(Name("东滩路"), "tertiary", ((3230, 1000), (3260, 500), (3240, 100), (3200, -560)), lanes=1),
    Street(Name("苑川路", "Yuanchuan Road"), "tertiary", ((-1880, -60), (-1900, -400), (-1880, -560))),
    Street(Name("定远路", "Dingyuan Road"), "tertiary", ((-1040, -120), (-1060, -400), (-1040, -600)), lanes=1),
    Street(Name("银滩路", "Yintan Road"), "tertiary", ((-60, -60), (-80, -400), (-50, -560))),
    Street(Name("连搭路"), "tertiary", ((980, 10), (960, -300), (980, -430))),
    Street(Name("金家庄路"), "tertiary", ((1650, 20), (1672, 425))),
    Street(Name("麻家寺路"), "tertiary", ((-2680, 720), (-2720, 420))),
    Street(Name("车道岭路", "Chedaoling Road"), "tertiary", ((-60, 800), (-40, 330))),
    Street(Name("甘草店路"), "tertiary", ((1060, 900), (1040, 430))),
    Street(Name("环校路", "Huanxiao Road"), "tertiary", ((-1540, 1070), (-900, 1120), (-575, 1000), (-565, 650)),
        lanes=1, corner=160),
)  # fmt: skip

HILLS = (
    ((-3700, 1850), (-3700, 560), (-3000, 800), (-2200, 960), (-1700, 1180), (-900, 1260), (-300, 1080), (500, 950),
     (1200, 1060), (1800, 1180), (2800, 1150), (3700, 960), (3700, 1850)),
    ((-3700, -1850), (-3700, -1080), (-2900, -980), (-2300, -960), (-1850, -1150), (-1800, -1560), (-900, -1790),
     (500, -1740), (1850, -1600), (1950, -1100), (2300, -720), (3000, -720), (3700, -720), (3700, -1850)),
)  # fmt: skip

QUARTERS = (
    Quarter("campus", ((-1500, 1200), (-500, 1200), (-500, 700), (-1500, 700)), names=(Name("兰州大学榆中校区",
        "Lanzhou University, Yuzhong Campus"),)),
    Quarter("campus", ((-1460, 720), (-560, 720), (-560, 470), (-1460, 470))),
    Quarter("old", ((-3100, 800), (-1480, 800), (-1480, 300), (-3100, 300)), cell=84),
    Quarter("shops", ((-1440, 480), (-600, 480), (-600, 240), (-1440, 240))),
    Quarter("works", ((1640, 1100), (3600, 1100), (3600, 540), (1640, 450)),
            names=blocks(Name("榆中装备制造厂", "Yuzhong Equipment Works"), 5, Name("厂区", "Works"))),
    Quarter("works", ((1600, 560), (3600, 560), (3600, -600), (1600, -600)),
            names=blocks(Name("丝路新材料园", "Silk Road Materials Park"), 8, Name("厂区", "Works"))),
    Quarter("offices", ((-640, -200), (520, -80), (460, -560), (-620, -700)), names=blocks(Name("栖云大数据中心",
        "Qiyun Big Data Centre"), 3, Name("区", "Zone"))),
    Quarter("hospital", ((500, -700), (1400, -620), (1420, -1100), (480, -1160)), cell=280, names=(Name("榆中新区医院",
        "Yuzhong New District Hospital"),)),
    Quarter("homes", ((-1500, -850), (-600, -800), (-600, -1250), (-1530, -1200)), cell=230),
    Quarter("homes", ((-600, -800), (480, -700), (480, -1190), (-600, -1250)), cell=250),
    Quarter("empty", ((-1600, -1180), (480, -1180), (480, -1700), (-1600, -1700)), cell=340),
    Quarter("empty", ((480, -1100), (1480, -1050), (1480, -1560), (480, -1640)), cell=340),
    Quarter("village", ((500, 800), (1660, 1000), (1660, 440), (500, 340))),
    Quarter("village", ((-600, 740), (480, 800), (480, 320), (-600, 240))),
    Quarter("village", ((-3000, -100), (-2300, -90), (-2380, -700), (-2950, -650))),
    Quarter("village", ((-3600, 350), (-1480, 320), (-1440, -120), (-3600, -260))),
    Quarter("village", ((560, 420), (1640, 460), (1640, 20), (560, -60))),
    Quarter("homes", ((-3000, 1200), (3300, 1200), (3300, -700), (-3000, -900)), cell=104),
    Quarter("farm", ((-3600, -200), (-2900, -60), (-2800, -900), (-3600, -1000))),
)  # fmt: skip

PLAN = Plan(
    key="qiyun",
    name=Name("栖云数字小镇", "Qiyun Digital Town"),
    centre=(35.844, 104.112),
    half=(3600, 1800),
    seed=20190,
    streets=STREETS,
    waters=(RIVER,),
    rails=(RAIL,),
    grounds=tuple(Ground({"natural": "scrub"}, line, Name(*name)) for line, name in zip(HILLS, (("北山",
        "North Hills"), ("南山", "South Hills")), strict=True)),
    quarters=QUARTERS,
    sites=(
        Site("station", Name("夏官营站", "Xiaguanying Station"), (-940, 306), (240, 40), {"railway": "station"}),
        Site("school", Name("夏官营小学", "Xiaguanying Primary School"), (-2050, 650), (110, 100)),
        Site("school", Name("榆中新区中学", "Yuzhong New District Middle School"), (-1040, -1040), (180, 140)),
        Site("school", Name("栖云小学", "Qiyun Primary School"), (-120, -960), (150, 120)),
    ),
    hamlets=(
        Hamlet(Name("过店子", "Guodianzi"), ((-3010, -200), (-3250, -230), (-3520, -380))),
        Hamlet(Name("上蒲家", "Shangpujia"), ((-1640, -1400), (-1500, -1420), (-1320, -1390))),
        Hamlet(Name("红柳沟", "Hongliugou"), ((480, 760), (560, 880), (900, 900), (1250, 950), (1500, 930))),
        Hamlet(Name("接驾嘴", "Jiejiazui"), ((-3050, -700), (-3250, -740), (-3560, -840))),
        Hamlet(Name("龙泉", "Longquan"), ((-3060, 330), (-3300, 330), (-3540, 260))),
        Hamlet(Name("白虎山", "Baihushan"), ((-2350, -860), (-2000, -880), (-1640, -950))),
        Hamlet(Name("清水驿", "Qingshuiyi"), ((1440, -1150), (1560, -1000), (1680, -780), (2000, -640))),
        Hamlet(Name("孙家湾", "Sunjiawan"), ((-2300, 480), (-2500, 560), (-2660, 560))),
        Hamlet(Name("高崖", "Gaoya"), ((2480, -640), (2700, -660), (3100, -640), (3500, -660))),
        Hamlet(Name("三角城", "Sanjiaocheng"), ((-2750, -840), (-3000, -990), (-3400, -1030))),
        Hamlet(Name("石头沟", "Shitougou"), ((-545, 760), (-250, 850), (100, 890), (420, 860))),
        Hamlet(Name("上花寨", "Shanghuazhai"), ((-3100, 610), (-3250, 500), (-3560, 420))),
        Hamlet(Name("小康营", "Xiaokangying"), ((1700, 985), (2000, 1060), (2400, 1060), (2540, 1000))),
        Hamlet(Name("大营", "Daying"), ((-620, -1640), (-900, -1700), (-1250, -1650), (-1500, -1590))),
        Hamlet(Name("麻家寺", "Majiasi"), ((-2700, 690), (-2550, 800), (-2200, 860), (-1800, 900))),
    ),
    rings=(Ring((-1590, -1565), 22, "tertiary", Name("南环岛")),),
    slips=(Slip("栖云大道", "兰大路", (-1480, -180)),),
    lanes=lanes(
        ("育才", "Yucai"), ("黄河", "Huanghe"), ("祁连", "Qilian"), ("金城", "Jincheng"), ("苑川", "Yuanchuan"),
        ("兴云", "Xingyun"), ("太和", "Taihe"), ("榆钱", "Yuqian"), ("百合", "Baihe"), ("玉泉", "Yuquan"),
        ("青城", "Qingcheng"), ("和平", "Heping"), ("定远", "Dingyuan"), ("三角", "Sanjiao"),
    ),
    buses=(
        Bus("榆1", Name("夏官营", "Xiaguanying"), Name("装备制造厂", "Equipment Works"),
            ((-2350, 530), (-1480, 530), (-1440, -140), (-640, -180), (520, -80), (1640, 50), (2490, 130),
                (2540, 840)), 8),
        Bus("榆2", Name("兰州大学", "Lanzhou University"), Name("新区医院", "New District Hospital"),
            ((-560, 1000), (-1490, 1080), (-1490, 720), (-1440, -140), (-1520, -820), (-600, -840), (470, -1160),
                (1400, -1060)), 10),
        Bus("榆3", Name("西坪", "Xiping"), Name("新材料园", "Materials Park"),
            ((-2990, -200), (-2300, -110), (-640, -180), (520, -80), (1420, 0), (1600, -210), (2450, -140),
                (3220, -170)), 12),
    ),
    tilt=(100, 5),
)  # fmt: skip

if __name__ == "__main__":
    print(f"{TARGET.name}: sha256 {make(PLAN, TARGET)}, {TARGET.stat().st_size} bytes")
