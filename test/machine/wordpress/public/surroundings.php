<?php
// What PHP knows of the request and of its settings; and a word for the journal.
if (isset($_GET['say'])) {
    error_log($_GET['say']);
}
$server = array_intersect_key($_SERVER, array_flip(
    ['HTTPS', 'REQUEST_SCHEME', 'SERVER_PORT', 'REMOTE_ADDR', 'HTTP_HOST', 'HTTP_PROXY', 'SCRIPT_FILENAME']
));
header('Content-Type: application/json');
echo json_encode(['server' => $server, 'writable' => is_writable(__DIR__)]);
