using System.Text.Json;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>A command as received: its content, its sender, and the address for the response.</summary>
public sealed class ReceivedCommand : IDisposable
{
    const string EnvelopeType = "application/vnd.masstransit+json";
    readonly JsonDocument? document;

    ReceivedCommand(ReceiveContext context, JsonDocument? document, bool envelope)
    {
        this.document = document;
        Reply = envelope && document?.RootElement is { ValueKind: JsonValueKind.Object } root
            ? CommandReply.OfEnvelope(context, root)
            : CommandReply.OfHeaders(context, raw: !envelope);
        IsInProcess = context is not RabbitMqBasicConsumeContext;
        UserId = (context as RabbitMqBasicConsumeContext)?.Properties is { } properties && properties.IsUserIdPresent() ? properties.UserId : null;
        MessageId = envelope
            ? document?.RootElement is { ValueKind: JsonValueKind.Object } named && named.TryGetProperty("messageId", out var id) ? id.ToString() : null
            : context.TransportHeaders.Get<string>("MessageId");
    }

    /// <summary>The command's JSON; undefined if there are errors.</summary>
    public JsonElement Body { get; private init; }
    public CommandReply Reply { get; }

    /// <summary>Without a broker, all messages come from this process.</summary>
    public bool IsInProcess { get; }

    /// <summary>Checked by the broker against the connection's user.</summary>
    public string? UserId { get; }
    public string? MessageId { get; }

    /// <summary>Always returns a command, so that it can be responded to. It is valid only if <paramref name="errors"/> is empty.</summary>
    /// <param name="urn">The message type that an envelope must name.</param>
    public static ReceivedCommand Read(ReceiveContext context, string urn, FieldErrors errors)
    {
        var envelope = context.ContentType?.MediaType == EnvelopeType;
        var document = JsonBody.Parse(context.Body.GetBytes(), errors);
        var body = document is null ? default : envelope ? Unwrap(document.RootElement, urn, errors) : document.RootElement;
        if (!errors.Any && body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("body", "a JSON object", body);
        }
        return new(context, document, envelope) { Body = body };
    }

    static JsonElement Unwrap(JsonElement envelope, string urn, FieldErrors errors)
    {
        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("message", out var message))
        {
            errors.Expected("message", "an envelope with a message", "none");
            return default;
        }
        var named = envelope.TryGetProperty("messageType", out var types) && types.ValueKind == JsonValueKind.Array
            && types.EnumerateArray().Any(x => x.TryText(out var type) && type.Equals(urn, StringComparison.OrdinalIgnoreCase));
        if (!named)
        {
            errors.Expected("messageType", urn, FieldErrors.Show(types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().FirstOrDefault() : types));
        }
        return message;
    }

    public void Dispose() => document?.Dispose();
}
