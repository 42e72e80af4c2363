using System.Net.Mime;
using MassTransit;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>Puts any text on the bus as it is, as an application without this bus library would.</summary>
sealed class RawText(string text, string? contentType = "application/json") : IMessageSerializer
{
    public ContentType ContentType { get; } = new(contentType ?? "application/octet-stream");

    public MessageBody GetMessageBody<T>(SendContext<T> context) where T : class => new StringMessageBody(text);
}

/// <summary>Something to send; the text replaces it.</summary>
public sealed record Anything;
