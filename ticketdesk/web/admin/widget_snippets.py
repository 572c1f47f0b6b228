"""What a site's server does to say who its user is: a few lines for each of the usual languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from ticketdesk.channels.chat.widget import Widget

KEY = "THE_WIDGET_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some lines to copy."""

    id: str
    name: str
    needs: str  # a package, or nothing
    code: str


def of(widget: Widget) -> list[Snippet]:
    """The lines for one widget; the secret comes from the environment and never stands in them."""
    return [
        Snippet(f"code-{number}", name, needs, code.strip().replace(KEY, widget.key))
        for number, (name, (needs, code)) in enumerate(_LANGUAGES.items())
    ]


_PYTHON = """
import os
from datetime import UTC, datetime, timedelta

import jwt


def ticketdesk_token(user):
    claims = {
        "sub": str(user.id),
        "name": user.name,
        "email": user.email,
        "email_verified": user.email_verified,  # True only if you have checked it
        "aud": "THE_WIDGET_KEY",
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    return jwt.encode(claims, os.environ["TICKETDESK_WIDGET_SECRET"], algorithm="HS256")
"""

_NODE = """
import { createHmac } from "node:crypto";

const part = (text) => Buffer.from(text).toString("base64url");

export function ticketdeskToken(user) {
  const claims = {
    sub: String(user.id),
    name: user.name,
    email: user.email,
    email_verified: user.emailVerified === true, // only if you have checked it
    aud: "THE_WIDGET_KEY",
    exp: Math.floor(Date.now() / 1000) + 3600,
  };
  const said = `${part('{"alg":"HS256","typ":"JWT"}')}.${part(JSON.stringify(claims))}`;
  const seal = createHmac("sha256", process.env.TICKETDESK_WIDGET_SECRET).update(said);
  return `${said}.${seal.digest("base64url")}`;
}
"""

_PHP = """
function ticketdesk_token($user): string
{
    $part = fn (string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $claims = [
        'sub' => (string) $user->id,
        'name' => $user->name,
        'email' => $user->email,
        'email_verified' => $user->email_verified_at !== null,
        'aud' => 'THE_WIDGET_KEY',
        'exp' => time() + 3600,
    ];
    $said = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode($claims, JSON_THROW_ON_ERROR));

    return $said . '.' . $part(hash_hmac('sha256', $said, getenv('TICKETDESK_WIDGET_SECRET'), true));
}
"""

_RUBY = """
require "jwt"

def ticketdesk_token(user)
  claims = {
    sub: user.id.to_s,
    name: user.name,
    email: user.email,
    email_verified: user.confirmed?,
    aud: "THE_WIDGET_KEY",
    exp: Time.now.to_i + 3600
  }
  JWT.encode(claims, ENV.fetch("TICKETDESK_WIDGET_SECRET"), "HS256")
end
"""

_JAVA = """
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class TicketDesk {
    /** The hash of a user's id: put both into data-user-id and data-user-hash. */
    public static String userHash(String userId) throws Exception {
        byte[] secret = System.getenv("TICKETDESK_WIDGET_SECRET").getBytes(StandardCharsets.UTF_8);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(userId.getBytes(StandardCharsets.UTF_8)));
    }
}
"""

_GO = """
package ticketdesk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"time"
)

func Token(id, name, email string, emailVerified bool) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"sub": id, "name": name, "email": email, "email_verified": emailVerified,
		"aud": "THE_WIDGET_KEY", "exp": time.Now().Add(time.Hour).Unix(),
	})
	if err != nil {
		return "", err
	}
	part := base64.RawURLEncoding.EncodeToString
	said := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(os.Getenv("TICKETDESK_WIDGET_SECRET")))
	mac.Write([]byte(said))
	return said + "." + part(mac.Sum(nil)), nil
}
"""

_CSHARP = """
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

public static class TicketDesk
{
    public static string Token(string id, string name, string email, bool emailVerified)
    {
        var claims = JsonSerializer.SerializeToUtf8Bytes(new
        {
            sub = id, name, email, email_verified = emailVerified,
            aud = "THE_WIDGET_KEY", exp = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds(),
        });
        var said = Part(Encoding.UTF8.GetBytes("{\\"alg\\":\\"HS256\\",\\"typ\\":\\"JWT\\"}")) + "." + Part(claims);
        var secret = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("TICKETDESK_WIDGET_SECRET")!);
        return said + "." + Part(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(said)));
    }

    private static string Part(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
"""

_LANGUAGES: Mapping[str, tuple[str, str]] = {
    "Python (Flask, Django)": ("pyjwt", _PYTHON),
    "Node (Express)": ("", _NODE),
    "PHP (Laravel)": ("", _PHP),
    "Ruby (Rails)": ("jwt", _RUBY),
    "Java (Spring)": ("", _JAVA),
    "Go": ("", _GO),
    "C# (.NET)": ("", _CSHARP),
}
