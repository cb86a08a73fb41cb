"""One settings file for every environment; what differs comes from typed environment variables."""

from pathlib import Path

from whitenoise.compress import Compressor

from erpmarket.config import env

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("ERP_DATA_DIR", "var")).resolve()

SECRET_KEY = env.secret("ERP_SECRET_KEY")
DEBUG = env.flag("ERP_DEBUG")
ALLOWED_HOSTS = env.names("ERP_ALLOWED_HOSTS", "localhost,127.0.0.1")
BASE_URL = env.text("ERP_BASE_URL", "http://127.0.0.1:8000")
HTTPS = BASE_URL.startswith("https://")
# Where customers find their boletas, as papers and mails show it.
PUBLIC_URL = env.text("ERP_PUBLIC_URL", BASE_URL)
# Pages for customers: without session, cookie or company of whoever happens to be signed in.
PUBLIC_PATHS = ("/v/", "/consulta/", "/caja/equipo/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "erpmarket.tenancy",
    "erpmarket.accounts",
    "erpmarket.notifications",
    "erpmarket.catalog",
    "erpmarket.fiscal",
    "erpmarket.inventory",
    "erpmarket.customers",
    "erpmarket.purchasing",
    "erpmarket.pos",
    "erpmarket.ui",
    "erpmarket.cli",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "erpmarket.ui.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "erpmarket.tenancy.middleware.OneCompanyPerRequest",
    "erpmarket.ui.middleware.DomainErrors",
]

ROOT_URLCONF = "erpmarket.config.urls"
WSGI_APPLICATION = "erpmarket.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "erpmarket.ui.context.shell",
            ],
            "builtins": ["erpmarket.ui.templatetags.formats"],
        },
    },
]

# The web process owns nothing and cannot bypass row-level security; migrations run as the owner in
# a process of their own (`ERP_DATABASE_ROLE=erp_owner`). See docs/adr/0002-tenancy.md.
_PREPARE_AFTER = env.integer("ERP_DATABASE_PREPARE", 3)
_DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": env.text("ERP_DATABASE_NAME", "erp_market"),
    "HOST": env.text("ERP_DATABASE_HOST", "127.0.0.1"),
    "PORT": env.text("ERP_DATABASE_PORT", "5432"),
    "PASSWORD": env.secret("ERP_DATABASE_PASSWORD", required=False),
    "CONN_MAX_AGE": env.integer("ERP_DATABASE_CONN_MAX_AGE", 600),
    "CONN_HEALTH_CHECKS": False,
    "DISABLE_SERVER_SIDE_CURSORS": True,
    # Prepared statements spare PostgreSQL the planning of the sale's statements, over and over.
    # Behind a transaction pooler set ERP_DATABASE_PREPARE=0.
    "OPTIONS": {"server_side_binding": True, "prepare_threshold": _PREPARE_AFTER or None},
}
DATABASE_ROLE = env.choice("ERP_DATABASE_ROLE", ("erp_app", "erp_owner"), "erp_app")
DATABASES = {"default": {**_DATABASE, "USER": DATABASE_ROLE}}
# Only the outbox may list companies; the role is given to that process alone.
if sys_role := env.text("ERP_SYS_ROLE", ""):
    DATABASES["sys"] = {
        **_DATABASE,
        "USER": sys_role,
        "PASSWORD": env.secret("ERP_SYS_PASSWORD", required=False),
        "TEST": {"MIRROR": "default"},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
# Which verbs a role has; tenancy asks through this name because accounts sits above it.
VERBS_OF_ROLE = "erpmarket.accounts.permissions.verbs_of"
# Who sells from which warehouse: a function () -> (id, name, branch, warehouse); tills sit above.
STOCK_SELLERS = "erpmarket.pos.till_places.list_sellers"
# Who else names the papers behind a stock move; inventory asks through these: they sit above it.
STOCK_CAUSE_NAMES = [
    "erpmarket.inventory.import_queries.name_imports",
    "erpmarket.purchasing.queries.name_receipts",
    "erpmarket.purchasing.queries.name_later_causes",
    "erpmarket.inventory.count_queries.name_counts",
    "erpmarket.inventory.removal_queries.name_removals",
    "erpmarket.inventory.transfer_queries.name_transfers",
]
# Who gives money out of a till's open drawer; purchasing asks by name: the till stands beside it.
DRAWER = "erpmarket.pos.actions.cash_moves"
# Who takes and lends cash of customers' accounts at the tills, which sit above the customers.
CREDIT_DESK = "erpmarket.pos.actions.credit_payments"
# Who knows how a boleta was paid; its PDF asks through this name: the till sits above fiscal.
SALE_FACTS = "erpmarket.pos.receipts.find_receipt_facts"
# Who knows what else can be done with a paper of a sale: give goods back, make it a factura.
SALE_DEEDS = "erpmarket.pos.returning.list_sale_deeds"
# Who knows what a person must know of a sale's paper: a function (paper) -> sentences.
SALE_NOTES = "erpmarket.pos.returning.list_sale_notes"
# Who knows which card vouchers were boletas themselves: the till sits above the books.
VOUCHER_DAYS = "erpmarket.pos.vouchers.list_voucher_days"
# Who knows what is sold here, for the SII's simulation: (limit) -> name, unit, price, is exempt.
CERTIFICATION_GOODS = "erpmarket.catalog.certification_goods.list_sample_goods"
# Who seals passwords of mail accounts; the vault sits above the notices.
VAULT = "erpmarket.fiscal.vault"
# Who draws PDFs (`Sheet`, `write_pdf`); the labels of the catalogue stand beside the papers' room.
PDF_ENGINE = "erpmarket.fiscal.pdf_engine"
# Who knows the printers of the tills: a function () -> agents; the till sits above the catalogue.
PRINT_AGENTS = "erpmarket.pos.print_agents.list_print_agents"
# A till whose browser may drop what it keeps, without a copy elsewhere, sells this much unsent.
TILL_UNKEPT_MOST = env.integer("ERP_TILL_UNKEPT_MOST", 200, least=1)
# How often an open till asks for news: a price changed in the office shows there at most so late.
TILL_POLL_SECONDS = env.integer("ERP_TILL_POLL_SECONDS", 20, least=1)
# Who is asked for troubles: functions (at) -> troubles, called in each company's scope.
TROUBLE_SOURCES = [
    "erpmarket.notifications.queries.mail_troubles",
    "erpmarket.fiscal.troubles.outbox_troubles",
    "erpmarket.fiscal.watch.folio_troubles",
    "erpmarket.fiscal.exchange_queries.exchange_troubles",
    "erpmarket.fiscal.folio_report_queries.report_troubles",
    "erpmarket.purchasing.dte_queries.dte_troubles",
    "erpmarket.inventory.low_stock_queries.stock_troubles",
    "erpmarket.pos.device_troubles.device_troubles",
]
# Who gives the bytes of a mail's attachment: functions (key) -> bytes, by the attachment's source.
MAIL_ATTACHMENT_SOURCES: dict[str, str] = {
    "fiscal.paper_pdf": "erpmarket.fiscal.actions.mail_document.pdf_of_mail",
    "fiscal.paper_xml": "erpmarket.fiscal.actions.mail_document.xml_of_mail",
    "fiscal.exchange_file": "erpmarket.fiscal.actions.exchange_files.file_of_mail",
    "purchasing.order_pdf": "erpmarket.purchasing.order_pdf.pdf_of_mail",
}
# Who reads the mails that come in: functions (IncomingMessage, at) in the company's scope.
MAIL_READERS = ["erpmarket.fiscal.exchange_mail.read_exchange_mail"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
# A PIN says who did something and protects nothing from who has its hash: a tablet without a
# network tries one by itself, and must do it in a moment (docs/adr/0012).
PIN_ITERATIONS = 100_000
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "es-cl"
USE_I18N = True
TIME_ZONE = "America/Santiago"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("ERP_STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [PACKAGE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# The fonts of the papers are not for browsers; compressing them took ten seconds of a first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "ttf")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

SESSION_ENGINE = "erpmarket.accounts.sessions"
SESSION_COOKIE_NAME = "erp_session"
SESSION_COOKIE_AGE = 60 * 60 * 14
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "erpmarket.ui.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Keys of certificates and CAFs are encrypted with this one, which never enters the database.
MASTER_KEY = env.secret("ERP_MASTER_KEY")
# The one before, while `rotate-master-key` brings every secret under the new one.
MASTER_KEY_PREVIOUS = env.secret("ERP_MASTER_KEY_PREVIOUS", required=False)
# Who has secrets at rest: each brings a batch of one company's under the current key.
RESEAL_BATCHES = [
    "erpmarket.fiscal.actions.rotate_keys.reseal_batch",
    "erpmarket.notifications.actions.reseal.reseal_batch",
]
# Who gives certificates that the SII accepts, by words in the issuer's name; another one is taken,
# with a warning.
CERTIFICATE_ISSUERS = env.names(
    "ERP_CERTIFICATE_ISSUERS",
    "E-CERTCHILE,E-SIGN,ACEPTA,CERTINET,BPO ADVISORS,IDOK,E-PARTNERS,TOC,"
    "THOMAS SIGNE,SOVOS,SIMULADOR DEL SII",
)
# Rules of law whose text or enforcement is in doubt; see `dte.rules.Rules`.
DTE_IDENTIFY_LARGE_SALES = env.flag("ERP_DTE_IDENTIFY_LARGE_SALES", default=True)
DTE_REQUIRE_TRANSPORT = env.flag("ERP_DTE_REQUIRE_TRANSPORT", default=True)
DTE_NOTA_TO_CONSUMER = env.flag("ERP_DTE_NOTA_TO_CONSUMER", default=True)
SII_DEMO_URL = env.text("ERP_SII_DEMO_URL", "")
SII_DEMO_KEY_FILE = DATA_DIR / "sii-demo-key.json"
# Pauses before a request is tried again of which nothing left this machine; one at most, or an
# upload might outlast its lease.
SII_PAUSES_SECONDS = (1,)

# The same functions run under both: see erpmarket/config/periodic.py.
TASKS_MODE = env.choice("ERP_TASKS", ("embedded", "celery"), "embedded")
CELERY_BROKER_URL = env.text("ERP_REDIS_URL", "redis://127.0.0.1:6379/0")
# Rooms below `config` find these by name.
TASKS_APP = "erpmarket.config.celery.app"
PERIODIC = "erpmarket.config.periodic.PERIODIC"
# How long a worker may keep a step of the outbox; a killed one's work waits this long. A worker
# starts its lease anew between login and upload, and cuts an upload after half of it, so that it
# never sends what another holds; a slower worker writes nothing when it comes back (fencing).
OUTBOX_LEASE_SECONDS = env.integer("ERP_OUTBOX_LEASE_SECONDS", 120, least=6)

# The account of companies without one of their own; no host: their mails wait.
MAIL_DEFAULT = env.mail_account()
# One more authority to trust, in PEM: that of a mail server in one's own network.
MAIL_CA_FILE = env.text("ERP_MAIL_CA_FILE", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "erpmarket.config.logs.EventFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("ERP_LOG_LEVEL", "INFO")},
}
