"""Vietnamese fragments."""

from ui.demo.phrases.grammar import Grammar

VI = Grammar(
    openings=(
        "Nói thật:",
        "Cập nhật [nhanh|ngắn]:",
        "Sau [hai tuần|một tháng|mười buổi tập]:",
        "Bạn nào hỏi thì đây:",
        "Hôm nay trượt ở [quảng trường|sân trượt].",
        "Không phải quảng cáo đâu:",
    ),
    positive=(
        "Đôi {p} [tuyệt vời|quá đỉnh|rất tốt], bám ván cực kỳ tốt.",
        "Đôi giày trượt ván tốt nhất mình từng có chính là {p}.",
        "{b} phục vụ [rất nhiệt tình|tuyệt vời], trả lời mình chỉ sau [một giờ|mười phút].",
        "Rất hài lòng với đơn hàng ở {b}, hàng đến [sớm một ngày|chỉ sau hai ngày].",
        "{p} vừa chân hoàn hảo, đi êm ngay từ ngày đầu.",
        "Sau [bốn mươi|sáu mươi] buổi tập, đôi {p} của mình vẫn như mới, chất lượng tuyệt vời.",
        "Màu mới của {b} đẹp quá.",
        "{b} đổi size miễn phí cho mình, cảm ơn nhiều.",
        "Ai cũng nên thử {p}, đáng từng đồng.",
        "Thích cách {b} ủng hộ [sân trượt ở đây|các bạn mới chơi].",
    ),
    negative=(
        "{p} rách sau [hai tuần|năm buổi tập], thất vọng quá.",
        "Dịch vụ của {b} quá tệ, không ai trả lời [email|tin nhắn] của mình.",
        "Đế {p} bong rất nhanh, chất lượng kém so với giá.",
        "{b} gửi sai size [hai lần|lần nữa], bực mình thật.",
        "Tiếc tiền mua {p}, đi đau [gót chân|ngón chân].",
        "{b} bán đắt quá, mình không mua nữa.",
        "{p} quá chật, còn đổi trả thì rất phiền phức.",
        "Dây giày {p} đứt ngay ngày đầu, hàng dở.",
    ),
    late=(
        "Vẫn đang chờ đơn hàng từ {b}, trễ [chín|mười hai] ngày rồi, bực quá.",
        "{b} hẹn giao [thứ sáu|tuần trước] mà chẳng thấy gì, quá tệ.",
        "Đôi {p} của mình bị kẹt ở đâu đó, {b} thì im lặng, mình rất giận.",
        "Giao hàng của {b} tuần này là thảm họa, mình hủy đơn rồi.",
    ),
    neutral=(
        "{p} có size [47|45 rưỡi] không ạ?",
        "Có ai biết khi nào {b} có lại [size 42|màu xám] không?",
        "Đang so {p} với đôi cũ trước khi quyết định.",
        "{p} cân được [390|402|410] gam trên cân nhà mình.",
        "{b} có [bốn|năm] màu mùa này.",
        "Mình mang {p} trong clip này, quay ở [quảng trường|sân trượt].",
        "{b} mở cửa lúc [chín|mười] giờ thứ bảy.",
    ),
    closings={
        1: ("Sẽ mua lại.", "Cảm ơn cả đội!", "Mọi người thử nhé.", "Ưng lắm."),
        0: ("Ai biết chỉ mình với?", "Chi tiết ở phần bình luận.", "Báo mọi người biết vậy thôi."),
        -1: ("Không bao giờ mua nữa.", "Thất vọng.", "Phí tiền."),
    },
    titles=("{p} [sau một tháng|trên bê tông|dưới mưa]", "[Hỏi|Ghi chú] về {b}", "Đơn hàng của mình ở {b}"),
    noise=(
        "Sau [ba|năm] tuần cuối cùng cũng làm được kickflip.",
        "Sân trượt mới cạnh bờ sông sẽ mở vào [mùa xuân|mùa hè].",
        "Nhảy qua lề đường khó hơn mình [nghĩ|tưởng].",
        "Hôm nay tập heelside 20 lần mà vẫn ngã.",
        "Đường nhám thì dùng bánh nào, [52|54] mm?",
    ),
    noise_titles=("Nhật ký trượt ván [12|31|40]", "Tin từ sân trượt"),
    code_offer=("Mã {code} giảm {pct} % nhé.", "Nhập {code} để giảm {pct} %."),
)
