#!/usr/bin/env bash
# fatturapa 0.2.0 (Python): of an Italian invoice that is paid in two ways the second payment is missing, and the
# discount of a line is always empty.
#
# Expected: `pagamenti` has all payments of an invoice. The format, FatturaPA 1.2, has `DatiPagamento` as often as there
#           are conditions of payment: one block for what is paid in advance (TP03), another for the rest (TP02). And
#           each line has a field `sconto`, whose `ScontoMaggiorazione` says what was taken off.
# Happens:  the first block is read only: the list has the advance, and neither the balance nor its date and account.
#           Who pays by this list pays a third of the invoice, who prints it sends one without. `sconto` is there in
#           each line, and never filled: 2 times 100.00 are 180.00. Nothing says so, and there is no error.
# Seen on 2026-11-30; an invoice of 300.00 + 66.00, of which 122.00 are paid in advance; given and read:
#   payments    122.00 + 244.00   122,00
#   due         2026-11-30        30/11/2026
#               2026-12-31
#   discount    10.00 %           ""
#   lines       2 at 100.00       180,00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fatturapa==0.2.0
cd "$folder"
cat > see.py <<'PYTHON'
from fatturapa import parse

NAMES = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
PAID = (("TP03", "2026-11-30", "122.00"), ("TP02", "2026-12-31", "244.00"))


def party(kind, number, name):
    return f"""<{kind}>
      <DatiAnagrafici>
        <IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{number}</IdCodice></IdFiscaleIVA>
        <Anagrafica><Denominazione>{name}</Denominazione></Anagrafica>
        {"<RegimeFiscale>RF01</RegimeFiscale>" if kind == "CedentePrestatore" else ""}
      </DatiAnagrafici>
      <Sede>
        <Indirizzo>Via Roma 1</Indirizzo><CAP>20121</CAP><Comune>Milano</Comune><Nazione>IT</Nazione>
      </Sede>
    </{kind}>"""


def line(number, many, price, discount, total):
    off = f"<ScontoMaggiorazione><Tipo>SC</Tipo><Percentuale>{discount}</Percentuale></ScontoMaggiorazione>"
    return f"""<DettaglioLinee>
      <NumeroLinea>{number}</NumeroLinea><Descrizione>Article {number}</Descrizione>
      <Quantita>{many}</Quantita><PrezzoUnitario>{price}</PrezzoUnitario>{off if discount else ""}
      <PrezzoTotale>{total}</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA>
    </DettaglioLinee>"""


def payment(condition, due, amount):
    return f"""<DatiPagamento>
      <CondizioniPagamento>{condition}</CondizioniPagamento>
      <DettaglioPagamento>
        <ModalitaPagamento>MP05</ModalitaPagamento><DataScadenzaPagamento>{due}</DataScadenzaPagamento>
        <ImportoPagamento>{amount}</ImportoPagamento><IBAN>IT60X0542811101000000123456</IBAN>
      </DettaglioPagamento>
    </DatiPagamento>"""


INVOICE = f"""<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronica versione="FPR12" xmlns:p="{NAMES}">
  <FatturaElettronicaHeader>
    <DatiTrasmissione>
      <IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>01234567897</IdCodice></IdTrasmittente>
      <ProgressivoInvio>00001</ProgressivoInvio><FormatoTrasmissione>FPR12</FormatoTrasmissione>
      <CodiceDestinatario>ABC1234</CodiceDestinatario>
    </DatiTrasmissione>
    {party("CedentePrestatore", "01234567897", "Seller")}{party("CessionarioCommittente", "09876543217", "Buyer")}
  </FatturaElettronicaHeader>
  <FatturaElettronicaBody>
    <DatiGenerali><DatiGeneraliDocumento>
      <TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-11-30</Data><Numero>17</Numero>
      <ImportoTotaleDocumento>366.00</ImportoTotaleDocumento>
    </DatiGeneraliDocumento></DatiGenerali>
    <DatiBeniServizi>
      {line(1, "2.00", "100.00", "10.00", "180.00")}{line(2, "1.00", "120.00", "", "120.00")}
      <DatiRiepilogo>
        <AliquotaIVA>22.00</AliquotaIVA><ImponibileImporto>300.00</ImponibileImporto><Imposta>66.00</Imposta>
      </DatiRiepilogo>
    </DatiBeniServizi>
    {"".join(payment(*paid) for paid in PAID)}
  </FatturaElettronicaBody>
</p:FatturaElettronica>"""

(document,) = parse(INVOICE.encode())
first = document.linee[0]
amounts = [payment.importo for payment in document.pagamenti]
print("payments   ", " + ".join(amount for *_, amount in PAID).ljust(17), " + ".join(amounts))
assert (document.importo_totale, amounts) == ("366,00", ["122,00"]), "changed: payments"
print("due        ", PAID[0][1].ljust(17), document.pagamenti[0].scadenza)
print("           ", PAID[1][1])
assert document.pagamenti[0].scadenza == "30/11/2026", "changed: due"
print("discount    10.00 %          ", f'"{first.sconto}"')
print("lines       2 at 100.00      ", first.prezzo_totale)
assert (first.quantita, first.prezzo_unitario, first.prezzo_totale) == ("2", "100,00", "180,00"), "changed: line"
assert first.sconto == "", "changed: discount"
PYTHON
venv/bin/python see.py
