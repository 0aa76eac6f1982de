"""Headers of ad platforms and Google Analytics in Hungarian, Hebrew, Arabic and Vietnamese: normal header -> our name.

Those in French, German, Spanish and Polish stand beside their layouts. A header that is in none of them leads to the
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
    **dict.fromkeys(("megjelenések", "חשיפות", "مرات الظهور", "lượt hiển thị"), "impressions"),
    **dict.fromkeys(("elérés", "טווח הגעה", "الوصول", "người tiếp cận", "số người tiếp cận"), "reach"),
    **dict.fromkeys(
        ("linkkattintások", "קליקים על קישור", "نقرات الرابط", "النقرات على الرابط", "lượt click vào liên kết"),
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
    **dict.fromkeys(("összes bevétel", 'סה"כ הכנסות', "إجمالي الإيرادات", "tổng doanh thu"), "total revenue"),
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
