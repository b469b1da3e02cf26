"""Documents to print and hand on: labels, transfer orders, stock cards, monthly reports.

Made of what they are given and nothing else: no database, no clock. Chinese renders anywhere, from the font that
comes with the product. The libraries that write the files are loaded when one is written.
"""

from inventory.documents.labels import Label, LabelSheet, LabelSheetDoesNotFit, NoLabels, write_labels
from inventory.documents.monthly_print import write_monthly_report_pdf, write_monthly_report_xlsx
from inventory.documents.monthly_report import CriticalFinding, MonthlyReport, TownRow, WorstStore
from inventory.documents.paper import Printed
from inventory.documents.payload import (
    KINDS,
    BadLabelCode,
    BadPayload,
    LabelCodeTooLong,
    Payload,
    label_payload,
    read_payload,
)
from inventory.documents.stock_card import (
    CardDoesNotAddUp,
    CardRow,
    StockCard,
    write_stock_card_pdf,
    write_stock_card_xlsx,
)
from inventory.documents.transfer_order import (
    OrderEvent,
    OrderLine,
    OrderTotals,
    Total,
    TransferOrder,
    order_totals,
    write_transfer_order,
)
from inventory.documents.words import Lang, Words

__all__ = [
    "KINDS",
    "BadLabelCode",
    "BadPayload",
    "CardDoesNotAddUp",
    "CardRow",
    "CriticalFinding",
    "Label",
    "LabelCodeTooLong",
    "LabelSheet",
    "LabelSheetDoesNotFit",
    "Lang",
    "MonthlyReport",
    "NoLabels",
    "OrderEvent",
    "OrderLine",
    "OrderTotals",
    "Payload",
    "Printed",
    "StockCard",
    "Total",
    "TownRow",
    "TransferOrder",
    "Words",
    "WorstStore",
    "label_payload",
    "order_totals",
    "read_payload",
    "write_labels",
    "write_monthly_report_pdf",
    "write_monthly_report_xlsx",
    "write_stock_card_pdf",
    "write_stock_card_xlsx",
    "write_transfer_order",
]
