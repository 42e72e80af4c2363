using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;

namespace JobSystem.Worker.Intake;

/// <summary>Reads tickets without MassTransit, because they are many and small and all of the same type.</summary>
[JsonSerializable(typeof(RunAttempt))]
sealed partial class TicketJson : JsonSerializerContext
{
    /// <summary>Returns null if the message is not a ticket.</summary>
    public static RunAttempt? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, Default.RunAttempt) is { TaskName: not null } ticket ? ticket : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
