"""Headers of ad platforms, Google Analytics and WooCommerce in other languages: normal header -> our name.

Some in French, German, Spanish and Polish stand beside their layouts. A header that is in none of them leads to the
mapping, which knows columns by their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

META: Mapping[str, str] = {
    **dict.fromkeys(("kampány neve", "שם קמפיין", "שם הקמפיין", "اسم الحملة", "tên chiến dịch"), "campaign"),
    **dict.fromkeys(
        ("hirdetéssorozat neve", "שם קבוצת המודעות", "שם ערכת המודעות", "اسم المجموعة الإعلانية", "tên nhóm quảng cáo"),
        "adgroup",
    ),
    **dict.fromkeys(("hirdetés neve", "שם המודעה", "اسم الإعلان", "tên quảng cáo"), "ad"),
    **dict.fromkeys(("nap", "יום", "اليوم", "ngày"), "date"),
    **dict.fromkeys(
        ("jelentés kezdete", "תחילת הדיווח", "התחלת הדיווח", "بداية إعداد التقارير", "بدء التقرير", "bắt đầu báo cáo"),
        "date_from",
    ),
    **dict.fromkeys(
        ("jelentés vége", "סיום הדיווח", "نهاية إعداد التقارير", "انتهاء التقرير", "kết thúc báo cáo"), "date_to"
    ),
    **dict.fromkeys(("megjelenések", "megjelenítések", "חשיפות", "مرات الظهور", "lượt hiển thị"), "impressions"),
    **dict.fromkeys(("elérés", "טווח הגעה", "الوصول", "người tiếp cận", "số người tiếp cận"), "reach"),
    **dict.fromkeys(
        (
            *(
                "linkkattintások",
                "hivatkozáskattintások",
                "kliknięcia linku",
                "clics en el enlace",
                "clics sur le lien",
            ),
            *("קליקים על קישור", "نقرات الرابط", "النقرات على الرابط", "lượt click vào liên kết"),
        ),
        "clicks",
    ),
}
META_COST = (
    *("elköltött összeg", "סכום שהוצא", "הסכום שהוצא", "المبلغ الذي تم إنفاقه", "المبلغ المنفق", "المبلغ المُنفق"),
    *("số tiền đã chi tiêu", "số tiền đã chi"),
)
GOOGLE: Mapping[str, str] = {
    **dict.fromkeys(("kampány", "קמפיין", "الحملة", "chiến dịch"), "campaign"),
    **dict.fromkeys(("költség", "עלות", "التكلفة", "chi phí"), "cost"),
    **dict.fromkeys(("nap", "יום", "اليوم", "ngày"), "date"),
    **dict.fromkeys(("megjelenítések", "megj.", "חשיפות", "مرات الظهور", "lượt hiển thị"), "impressions"),
    **dict.fromkeys(("kattintások", "קליקים", "النقرات", "lượt nhấp", "số lượt nhấp"), "clicks"),
    **dict.fromkeys(("pénznemkód", "קוד מטבע", "رمز العملة", "mã đơn vị tiền tệ", "mã tiền tệ"), "currency"),
}
GA4: Mapping[str, str] = {
    **dict.fromkeys(("munkamenetek", "סשנים", "الجلسات", "số phiên", "phiên"), "sessions"),
    **dict.fromkeys(
        ("aktív munkamenetek", "סשנים עם מעורבות", "الجلسات التي شهدت تفاعلاً", "số phiên tương tác"), "engaged sessions"
    ),
    **dict.fromkeys(("felhasználók", "משתמשים", "المستخدمون", "người dùng"), "users"),
    **dict.fromkeys(("új felhasználók", "משתמשים חדשים", "المستخدمون الجدد", "người dùng mới"), "new users"),
    **dict.fromkeys(
        ("aktív felhasználók", "משתמשים פעילים", "المستخدمون النشطون", "người dùng đang hoạt động"), "active users"
    ),
    **dict.fromkeys(("kulcsesemények", "אירועים מרכזיים", "الأحداث الرئيسية", "sự kiện chính"), "key events"),
    **dict.fromkeys(
        ("összes bevétel", "teljes bevétel", 'סה"כ הכנסות', "إجمالي الإيرادات", "tổng doanh thu"), "total revenue"
    ),
    **dict.fromkeys(("megtekintések", "צפיות", "المشاهدات", "lượt xem"), "views"),
    **dict.fromkeys(("dátum", "תאריך", "التاريخ", "ngày"), "date"),
    **dict.fromkeys(
        (
            "munkamenet alapértelmezett csatornacsoportja",
            "קבוצת ערוצים המוגדרת כברירת מחדל של הסשן",
            "مجموعة القنوات التلقائية للجلسة",
            "nhóm kênh mặc định của phiên",
        ),
        "session default channel group",
    ),
}
GA4_START = ("kezdő dátum", "kezdés dátuma", "תאריך התחלה", "تاريخ البدء", "ngày bắt đầu")
GA4_END = ("záró dátum", "befejezés dátuma", "תאריך סיום", "تاريخ الانتهاء", "ngày kết thúc")
_DAY = (
    "jour",
    "tag",
    "día",
    "dzień",
    "nap",
    "יום",
    "اليوم",
    "ngày",
    "date",
    "datum",
    "fecha",
    "data",
    "dátum",
    "תאריך",
)
_IMPRESSIONS = (
    "impressionen",
    "impresiones",
    "wyświetlenia",
    "megjelenítések",
    "megjelenések",
    "חשיפות",
    "مرات الظهور",
)
_CLICKS = ("klicks", "clics", "kliknięcia", "kattintások", "קליקים", "النقرات", "lượt nhấp", "số lượt nhấp")
_COST = ("coût", "kosten", "costo", "coste", "koszt", "költség", "עלות", "التكلفة", "chi phí")
_CONVERSIONS = (
    *("konversionen", "conversiones", "konwersje", "konverziók", "המרות", "الإحالات الناجحة", "التحويلات"),
    *("lượt chuyển đổi", "số lượt chuyển đổi", "chuyển đổi"),
)
GOOGLE_MORE: Mapping[str, str] = {
    **dict.fromkeys(_IMPRESSIONS, "impressions"),
    **dict.fromkeys(_CONVERSIONS, "conversions"),
    **dict.fromkeys(("klikn.", "kliknięcia"), "clicks"),
    **dict.fromkeys(("wyśw.", "megj."), "impressions"),
    **dict.fromkeys(("jour", "día", "dzień"), "date"),
    **dict.fromkeys(("código de moneda", "kod waluty", "code devise", "código de divisa"), "currency"),
    **dict.fromkeys(
        ("anzeigengruppe", "groupe d'annonces", "grupo de anuncios", "grupa reklam", "hirdetéscsoport", "קבוצת מודעות"),
        "adgroup",
    ),
    **dict.fromkeys(("المجموعة الإعلانية", "nhóm quảng cáo"), "adgroup"),
    **dict.fromkeys(
        (
            *("kampagnenstatus", "état de la campagne", "estado de la campaña", "stan kampanii", "kampány állapota"),
            *("סטטוס הקמפיין", "حالة الحملة", "trạng thái chiến dịch"),
        ),
        "campaign status",
    ),
}
TIKTOK: Mapping[str, str] = {
    **dict.fromkeys(("nom de la campagne", "kampagnenname", "nombre de la campaña", "nazwa kampanii"), "campaign"),
    **dict.fromkeys(
        ("kampány neve", "kampánynév", "שם הקמפיין", "שם קמפיין", "اسم الحملة", "tên chiến dịch"), "campaign"
    ),
    **dict.fromkeys(("nom du groupe de publicités", "anzeigengruppenname", "nombre del grupo de anuncios"), "adgroup"),
    **dict.fromkeys(
        ("nazwa grupy reklam", "hirdetéscsoport neve", "שם קבוצת המודעות", "tên nhóm quảng cáo"), "adgroup"
    ),
    **dict.fromkeys(("اسم المجموعة الإعلانية",), "adgroup"),
    **dict.fromkeys(_COST, "cost"),
    **dict.fromkeys(_DAY, "date"),
    **dict.fromkeys((*_IMPRESSIONS, "lượt hiển thị"), "impressions"),
    **dict.fromkeys((*_CLICKS, "clics (destination)", "klicks (ziel)", "clics (destino)"), "clicks"),
    **dict.fromkeys(("kliknięcia (miejsce docelowe)", "kattintások (cél)"), "clicks"),
    **dict.fromkeys(_CONVERSIONS, "conversions"),
}
GA4_MORE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("source / support de la session", "source/support de la session", "sitzung – quelle/medium"),
            *("quelle/medium der sitzung", "fuente/medio de la sesión", "źródło/medium sesji", "źródło / medium sesji"),
            *("munkamenet forrása/médiuma", "munkamenet forrása / médiuma", "מקור/אמצעי הגעה של הסשן"),
            *("مصدر الجلسة / وسيط الجلسة", "nguồn/phương tiện của phiên", "nguồn / phương tiện của phiên"),
        ),
        "session source / medium",
    ),
    **dict.fromkeys(("zaangażowane sesje", "sesje z zaangażowaniem", "elkötelezett munkamenetek"), "engaged sessions"),
    **dict.fromkeys(("kluczowe zdarzenia",), "key events"),
    **dict.fromkeys(("liczba zdarzeń", "eseményszám", "عدد الأحداث", "số sự kiện", "מספר האירועים"), "event count"),
    **dict.fromkeys(("domyślna grupa kanałów sesji",), "session default channel group"),
    **dict.fromkeys(("összes felhasználó", "łączna liczba użytkowników", "gesamtzahl der nutzer"), "total users"),
}
_PRIMARY = (
    *("groupe de canaux principal de la session", "primäre channelgruppe der sitzung", "primäre channelgruppierung"),
    *("grupo de canales principal de la sesión", "podstawowa grupa kanałów sesji", "główna grupa kanałów sesji"),
    *("munkamenet elsődleges csatornacsoportja", "elsődleges csatornacsoport", "קבוצת הערוצים הראשית של הסשן"),
    *("مجموعة القنوات الأساسية للجلسة", "nhóm kênh chính của phiên"),
)
GA4_PATTERNS = tuple((rf"{words}(?: \(.*\))?", "session primary channel group") for words in _PRIMARY)
WOO: Mapping[str, str] = {
    **dict.fromkeys(("datum", "fecha", "data", "dátum", "תאריך", "التاريخ", "تاريخ", "ngày"), "date"),
    **dict.fromkeys(
        (
            *("commande n°", "commande #", "n° de commande", "bestellung nr.", "bestellung nr", "bestellung #"),
            *("bestellnr.", "bestellnummer", "pedido #", "nº de pedido", "n.º de pedido", "pedido n.º", "zamówienie #"),
            *(
                "zamówienie nr",
                "nr zamówienia",
                "rendelés #",
                "rendelésszám",
                "rendelés száma",
                "הזמנה #",
                "מספר הזמנה",
            ),
            *("الطلب #", "طلب #", "رقم الطلب", "đơn hàng #", "đơn hàng số", "mã đơn hàng"),
        ),
        "order #",
    ),
    **dict.fromkeys(
        (
            *("ventes nettes", "nettoumsatz", "nettoumsätze", "netto-umsatz", "nettoverkäufe", "ventas netas"),
            *("sprzedaż netto", "nettó értékesítés", "nettó eladások", "nettó forgalom", "מכירות נטו"),
            *("صافي المبيعات", "المبيعات الصافية", "doanh thu thuần", "doanh số thuần", "doanh thu ròng"),
        ),
        "net sales",
    ),
    **dict.fromkeys(("état", "statut", "estado", "stan", "állapot", "סטטוס", "מצב", "الحالة", "trạng thái"), "status"),
    **dict.fromkeys(
        (
            *("code(s) promo", "gutschein(e)", "cupón(es)", "cupones", "kupon(y)", "kupony", "kupon(ok)", "kuponok"),
            *("קופון(ים)", "קופונים", "القسائم", "قسيمة (قسائم)", "الكوبونات", "mã giảm giá", "mã ưu đãi"),
        ),
        "coupon(s)",
    ),
    **dict.fromkeys(
        (
            *(
                "produit(s)",
                "produkt(e)",
                "producto(s)",
                "productos",
                "produkt(y)",
                "produkty",
                "termék(ek)",
                "termékek",
            ),
            *("מוצר(ים)", "מוצרים", "المنتجات", "المنتج (المنتجات)", "sản phẩm"),
        ),
        "product(s)",
    ),
    **dict.fromkeys(
        ("zuordnung", "atribución", "atrybucja", "attribúció", "hozzárendelés", "ייחוס", "الإسناد", "phân bổ"),
        "attribution",
    ),
}
WOO_PATTERNS = (
    (
        r"n\. ?(?:revenues?|revenus?|umsatz|einnahmen|ingresos?|przychód|przychody|bevétel|הכנסות|הכנסה|"
        r"إيرادات|الإيرادات|"
        r"doanh thu)(?: ?\([^)]*\))?",
        "n. revenue",
    ),
)
# What WooCommerce writes before the name of an order's origin.
WOO_ORIGINS: Mapping[str, str] = {
    **dict.fromkeys(
        ("organique", "organisch", "orgánico", "organiczne", "organiczny", "organikus", "אורגני"), "organic"
    ),
    **dict.fromkeys(("عضوي", "tự nhiên"), "organic"),
    **dict.fromkeys(("quelle", "fuente", "origen", "źródło", "forrás", "מקור", "المصدر", "مصدر", "nguồn"), "source"),
    **dict.fromkeys(("référence", "référent", "recommandation", "verweis", "empfehlung", "referencia"), "referral"),
    **dict.fromkeys(("referido", "odesłanie", "polecenie", "hivatkozás", "ajánlás", "הפניה", "إحالة"), "referral"),
    **dict.fromkeys(("الإحالة", "giới thiệu"), "referral"),
}
