"""Which country a shop means: names and codes to ISO 3166-1 alpha-3."""

import unicodedata
from functools import cache

# One country a line: alpha-3, alpha-2, then the names that shops write, the usual one
# first.
_COUNTRIES = """
AFG AF Afghanistan
ALB AL Albania
DZA DZ Algeria
AND AD Andorra
AGO AO Angola
ATG AG Antigua and Barbuda
ARG AR Argentina
ARM AM Armenia
AUS AU Australia
AUT AT Austria|Österreich
AZE AZ Azerbaijan
BHS BS Bahamas|The Bahamas
BHR BH Bahrain
BGD BD Bangladesh
BRB BB Barbados
BLR BY Belarus
BEL BE Belgium|België|Belgique
BLZ BZ Belize
BEN BJ Benin
BTN BT Bhutan
BOL BO Bolivia
BIH BA Bosnia and Herzegovina|Bosnia
BWA BW Botswana
BRA BR Brazil|Brasil
BRN BN Brunei|Brunei Darussalam
BGR BG Bulgaria
BFA BF Burkina Faso
BDI BI Burundi
KHM KH Cambodia
CMR CM Cameroon
CAN CA Canada
CPV CV Cape Verde|Cabo Verde
CAF CF Central African Republic
TCD TD Chad
CHL CL Chile
CHN CN China|People's Republic of China
COL CO Colombia
COM KM Comoros
COG CG Congo|Republic of the Congo
COD CD Democratic Republic of the Congo|DR Congo
CRI CR Costa Rica
CIV CI Ivory Coast|Cote d'Ivoire
HRV HR Croatia|Hrvatska
CUB CU Cuba
CYP CY Cyprus
CZE CZ Czechia|Czech Republic
DNK DK Denmark|Danmark
DJI DJ Djibouti
DMA DM Dominica
DOM DO Dominican Republic
ECU EC Ecuador
EGY EG Egypt
SLV SV El Salvador
GNQ GQ Equatorial Guinea
ERI ER Eritrea
EST EE Estonia
SWZ SZ Eswatini|Swaziland
ETH ET Ethiopia
FJI FJ Fiji
FIN FI Finland|Suomi
FRA FR France
GAB GA Gabon
GMB GM Gambia|The Gambia
GEO GE Georgia
DEU DE Germany|Deutschland
GHA GH Ghana
GRC GR Greece
GRL GL Greenland
GRD GD Grenada
GTM GT Guatemala
GIN GN Guinea
GNB GW Guinea-Bissau
GUY GY Guyana
HTI HT Haiti
HND HN Honduras
HKG HK Hong Kong|Hong Kong SAR
HUN HU Hungary
ISL IS Iceland
IND IN India
IDN ID Indonesia
IRN IR Iran
IRQ IQ Iraq
IRL IE Ireland|EIRE|Republic of Ireland
ISR IL Israel
ITA IT Italy|Italia
JAM JM Jamaica
JPN JP Japan
JOR JO Jordan
KAZ KZ Kazakhstan
KEN KE Kenya
PRK KP North Korea
KOR KR South Korea|Korea|Republic of Korea
KWT KW Kuwait
KGZ KG Kyrgyzstan
LAO LA Laos|Lao PDR
LVA LV Latvia
LBN LB Lebanon
LSO LS Lesotho
LBR LR Liberia
LBY LY Libya
LIE LI Liechtenstein
LTU LT Lithuania
LUX LU Luxembourg
MAC MO Macau|Macao
MDG MG Madagascar
MWI MW Malawi
MYS MY Malaysia
MDV MV Maldives
MLI ML Mali
MLT MT Malta
MRT MR Mauritania
MUS MU Mauritius
MEX MX Mexico|México
MDA MD Moldova
MCO MC Monaco
MNG MN Mongolia
MNE ME Montenegro
MAR MA Morocco
MOZ MZ Mozambique
MMR MM Myanmar|Burma
NAM NA Namibia
NPL NP Nepal
NLD NL Netherlands|The Netherlands|Holland|Nederland
NCL NC New Caledonia
NZL NZ New Zealand
NIC NI Nicaragua
NER NE Niger
NGA NG Nigeria
MKD MK North Macedonia|Macedonia
NOR NO Norway|Norge
OMN OM Oman
PAK PK Pakistan
PSE PS Palestine|State of Palestine
PAN PA Panama
PNG PG Papua New Guinea
PRY PY Paraguay
PER PE Peru|Perú
PHL PH Philippines|The Philippines
POL PL Poland|Polska
PRT PT Portugal
PRI PR Puerto Rico
QAT QA Qatar
ROU RO Romania
RUS RU Russia|Russian Federation
RWA RW Rwanda
KNA KN Saint Kitts and Nevis
LCA LC Saint Lucia
VCT VC Saint Vincent and the Grenadines
WSM WS Samoa
SMR SM San Marino
SAU SA Saudi Arabia
SEN SN Senegal
SRB RS Serbia
SYC SC Seychelles
SLE SL Sierra Leone
SGP SG Singapore
SVK SK Slovakia|Slovak Republic
SVN SI Slovenia
SLB SB Solomon Islands
SOM SO Somalia
ZAF ZA South Africa|RSA
SSD SS South Sudan
ESP ES Spain|España
LKA LK Sri Lanka
SDN SD Sudan
SUR SR Suriname
SWE SE Sweden|Sverige
CHE CH Switzerland|Schweiz|Suisse
SYR SY Syria
TWN TW Taiwan
TJK TJ Tajikistan
TZA TZ Tanzania
THA TH Thailand
TLS TL Timor-Leste|East Timor
TGO TG Togo
TON TO Tonga
TTO TT Trinidad and Tobago
TUN TN Tunisia
TUR TR Turkey|Türkiye
TKM TM Turkmenistan
UGA UG Uganda
UKR UA Ukraine
ARE AE United Arab Emirates|UAE
GBR GB United Kingdom|UK|Great Britain|England|Scotland|Wales|Northern Ireland
USA US United States|United States of America|U.S.|U.S.A.
URY UY Uruguay
UZB UZ Uzbekistan
VUT VU Vanuatu
VEN VE Venezuela
VNM VN Vietnam|Viet Nam
ESH EH Western Sahara
YEM YE Yemen
ZMB ZM Zambia
ZWE ZW Zimbabwe
"""

# Latitude and longitude of places that the outlines at 1:110 million leave out.
SMALL_PLACES: dict[str, tuple[float, float]] = {
    "AND": (42.5, 1.5),
    "ATG": (17.1, -61.8),
    "BHR": (26.0, 50.5),
    "BRB": (13.2, -59.5),
    "COM": (-11.9, 43.9),
    "CPV": (15.1, -23.6),
    "DMA": (15.4, -61.4),
    "GRD": (12.1, -61.7),
    "HKG": (22.3, 114.2),
    "KNA": (17.3, -62.7),
    "LCA": (13.9, -61.0),
    "LIE": (47.2, 9.5),
    "MAC": (22.2, 113.5),
    "MCO": (43.7, 7.4),
    "MDV": (3.2, 73.2),
    "MLT": (35.9, 14.4),
    "MUS": (-20.3, 57.6),
    "SGP": (1.35, 103.8),
    "SMR": (43.9, 12.5),
    "SYC": (-4.7, 55.5),
    "TON": (-21.2, -175.2),
    "VCT": (13.3, -61.2),
    "WSM": (-13.8, -172.1),
}


def code_of(name: str) -> str | None:
    """The country's alpha-3 code; None where the name means no country known here.

    A name, or an alpha-2 or alpha-3 code, without regard to case, accents and dots.
    """
    return _codes().get(_plain(name))


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for line in _COUNTRIES.strip().splitlines():
        alpha3, alpha2, names = line.split(" ", 2)
        for name in (alpha3, alpha2, *names.split("|")):
            codes[_plain(name)] = alpha3
    return codes


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in decomposed if letter.isalnum() or letter == " ")
    return " ".join(kept.split())
