/* The web client, made part of the binary. Each file of `client` stands here twice: its bytes, and its row below;
   Tests/Web/files.test.mjs finds what is missing. */
#include "web.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "client/index.html"
};
static const unsigned char app_css[] = {
#embed "client/app.css"
};
static const unsigned char base_css[] = {
#embed "client/base.css"
};
static const unsigned char icon_svg[] = {
#embed "client/icon.svg"
};
static const unsigned char icon_192_png[] = {
#embed "client/icon-192.png"
};
static const unsigned char icon_512_png[] = {
#embed "client/icon-512.png"
};
static const unsigned char manifest_webmanifest[] = {
#embed "client/manifest.webmanifest"
};
static const unsigned char sw_js[] = {
#embed "client/sw.js"
};
static const unsigned char js_client_client_js[] = {
#embed "client/js/client/client.js"
};
static const unsigned char js_client_drafts_js[] = {
#embed "client/js/client/drafts.js"
};
static const unsigned char js_client_files_js[] = {
#embed "client/js/client/files.js"
};
static const unsigned char js_client_groups_js[] = {
#embed "client/js/client/groups.js"
};
static const unsigned char js_client_history_js[] = {
#embed "client/js/client/history.js"
};
static const unsigned char js_client_login_js[] = {
#embed "client/js/client/login.js"
};
static const unsigned char js_client_outbox_js[] = {
#embed "client/js/client/outbox.js"
};
static const unsigned char js_client_push_js[] = {
#embed "client/js/client/push.js"
};
static const unsigned char js_client_sending_js[] = {
#embed "client/js/client/sending.js"
};
static const unsigned char js_client_uploads_js[] = {
#embed "client/js/client/uploads.js"
};
static const unsigned char js_client_waiting_js[] = {
#embed "client/js/client/waiting.js"
};
static const unsigned char js_main_js[] = {
#embed "client/js/main.js"
};
static const unsigned char js_names_js[] = {
#embed "client/js/names.js"
};
static const unsigned char js_notices_js[] = {
#embed "client/js/notices.js"
};
static const unsigned char js_protocol_batches_js[] = {
#embed "client/js/protocol/batches.js"
};
static const unsigned char js_protocol_capabilities_js[] = {
#embed "client/js/protocol/capabilities.js"
};
static const unsigned char js_protocol_connection_js[] = {
#embed "client/js/protocol/connection.js"
};
static const unsigned char js_protocol_errors_js[] = {
#embed "client/js/protocol/errors.js"
};
static const unsigned char js_protocol_line_js[] = {
#embed "client/js/protocol/line.js"
};
static const unsigned char js_protocol_random_js[] = {
#embed "client/js/protocol/random.js"
};
static const unsigned char js_state_conversation_js[] = {
#embed "client/js/state/conversation.js"
};
static const unsigned char js_state_interpret_js[] = {
#embed "client/js/state/interpret.js"
};
static const unsigned char js_state_members_js[] = {
#embed "client/js/state/members.js"
};
static const unsigned char js_state_modes_js[] = {
#embed "client/js/state/modes.js"
};
static const unsigned char js_state_state_js[] = {
#embed "client/js/state/state.js"
};
static const unsigned char js_texts_table_js[] = {
#embed "client/js/texts-table.js"
};
static const unsigned char js_texts_js[] = {
#embed "client/js/texts.js"
};
static const unsigned char js_view_app_js[] = {
#embed "client/js/view/app.js"
};
static const unsigned char js_view_attachments_js[] = {
#embed "client/js/view/attachments.js"
};
static const unsigned char js_view_composer_js[] = {
#embed "client/js/view/composer.js"
};
static const unsigned char js_view_details_js[] = {
#embed "client/js/view/details.js"
};
static const unsigned char js_view_dom_js[] = {
#embed "client/js/view/dom.js"
};
static const unsigned char js_view_events_js[] = {
#embed "client/js/view/events.js"
};
static const unsigned char js_view_group_settings_js[] = {
#embed "client/js/view/group-settings.js"
};
static const unsigned char js_view_login_js[] = {
#embed "client/js/view/login.js"
};
static const unsigned char js_view_my_files_js[] = {
#embed "client/js/view/my-files.js"
};
static const unsigned char js_view_notifications_js[] = {
#embed "client/js/view/notifications.js"
};
static const unsigned char js_view_palette_js[] = {
#embed "client/js/view/palette.js"
};
static const unsigned char js_view_parts_js[] = {
#embed "client/js/view/parts.js"
};
static const unsigned char js_view_profile_js[] = {
#embed "client/js/view/profile.js"
};
static const unsigned char js_view_rich_js[] = {
#embed "client/js/view/rich.js"
};
static const unsigned char js_view_settings_js[] = {
#embed "client/js/view/settings.js"
};
static const unsigned char js_view_sidebar_js[] = {
#embed "client/js/view/sidebar.js"
};
static const unsigned char js_view_start_js[] = {
#embed "client/js/view/start.js"
};
static const unsigned char js_view_timeline_js[] = {
#embed "client/js/view/timeline.js"
};
static const unsigned char js_view_tray_js[] = {
#embed "client/js/view/tray.js"
};

#define HTML "text/html; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define FILE_AT(path, type, bytes) {path, type, bytes, sizeof bytes}

static const struct web_file files[] = {
    FILE_AT("/", HTML, index_html),
    FILE_AT("/app.css", STYLE, app_css),
    FILE_AT("/base.css", STYLE, base_css),
    FILE_AT("/icon.svg", "image/svg+xml", icon_svg),
    FILE_AT("/icon-192.png", "image/png", icon_192_png),
    FILE_AT("/icon-512.png", "image/png", icon_512_png),
    FILE_AT("/manifest.webmanifest", "application/manifest+json", manifest_webmanifest),
    FILE_AT("/sw.js", SCRIPT, sw_js),
    FILE_AT("/js/client/client.js", SCRIPT, js_client_client_js),
    FILE_AT("/js/client/drafts.js", SCRIPT, js_client_drafts_js),
    FILE_AT("/js/client/files.js", SCRIPT, js_client_files_js),
    FILE_AT("/js/client/groups.js", SCRIPT, js_client_groups_js),
    FILE_AT("/js/client/history.js", SCRIPT, js_client_history_js),
    FILE_AT("/js/client/login.js", SCRIPT, js_client_login_js),
    FILE_AT("/js/client/outbox.js", SCRIPT, js_client_outbox_js),
    FILE_AT("/js/client/push.js", SCRIPT, js_client_push_js),
    FILE_AT("/js/client/sending.js", SCRIPT, js_client_sending_js),
    FILE_AT("/js/client/uploads.js", SCRIPT, js_client_uploads_js),
    FILE_AT("/js/client/waiting.js", SCRIPT, js_client_waiting_js),
    FILE_AT("/js/main.js", SCRIPT, js_main_js),
    FILE_AT("/js/names.js", SCRIPT, js_names_js),
    FILE_AT("/js/notices.js", SCRIPT, js_notices_js),
    FILE_AT("/js/protocol/batches.js", SCRIPT, js_protocol_batches_js),
    FILE_AT("/js/protocol/capabilities.js", SCRIPT, js_protocol_capabilities_js),
    FILE_AT("/js/protocol/connection.js", SCRIPT, js_protocol_connection_js),
    FILE_AT("/js/protocol/errors.js", SCRIPT, js_protocol_errors_js),
    FILE_AT("/js/protocol/line.js", SCRIPT, js_protocol_line_js),
    FILE_AT("/js/protocol/random.js", SCRIPT, js_protocol_random_js),
    FILE_AT("/js/state/conversation.js", SCRIPT, js_state_conversation_js),
    FILE_AT("/js/state/interpret.js", SCRIPT, js_state_interpret_js),
    FILE_AT("/js/state/members.js", SCRIPT, js_state_members_js),
    FILE_AT("/js/state/modes.js", SCRIPT, js_state_modes_js),
    FILE_AT("/js/state/state.js", SCRIPT, js_state_state_js),
    FILE_AT("/js/texts-table.js", SCRIPT, js_texts_table_js),
    FILE_AT("/js/texts.js", SCRIPT, js_texts_js),
    FILE_AT("/js/view/app.js", SCRIPT, js_view_app_js),
    FILE_AT("/js/view/attachments.js", SCRIPT, js_view_attachments_js),
    FILE_AT("/js/view/composer.js", SCRIPT, js_view_composer_js),
    FILE_AT("/js/view/details.js", SCRIPT, js_view_details_js),
    FILE_AT("/js/view/dom.js", SCRIPT, js_view_dom_js),
    FILE_AT("/js/view/events.js", SCRIPT, js_view_events_js),
    FILE_AT("/js/view/group-settings.js", SCRIPT, js_view_group_settings_js),
    FILE_AT("/js/view/login.js", SCRIPT, js_view_login_js),
    FILE_AT("/js/view/my-files.js", SCRIPT, js_view_my_files_js),
    FILE_AT("/js/view/notifications.js", SCRIPT, js_view_notifications_js),
    FILE_AT("/js/view/palette.js", SCRIPT, js_view_palette_js),
    FILE_AT("/js/view/parts.js", SCRIPT, js_view_parts_js),
    FILE_AT("/js/view/profile.js", SCRIPT, js_view_profile_js),
    FILE_AT("/js/view/rich.js", SCRIPT, js_view_rich_js),
    FILE_AT("/js/view/settings.js", SCRIPT, js_view_settings_js),
    FILE_AT("/js/view/sidebar.js", SCRIPT, js_view_sidebar_js),
    FILE_AT("/js/view/start.js", SCRIPT, js_view_start_js),
    FILE_AT("/js/view/timeline.js", SCRIPT, js_view_timeline_js),
    FILE_AT("/js/view/tray.js", SCRIPT, js_view_tray_js),
};

size_t web_file_count(void) { return sizeof files / sizeof files[0]; }

struct web_file web_file_at(size_t index) { return files[index]; }
