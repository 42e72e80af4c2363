using System.ComponentModel.DataAnnotations;
using System.Numerics;

namespace JobSystem.Client.Tests;

/// <summary>Jobs of a shop: every kind of member that an argument can be.</summary>
[Job("make_full_invoice", Queue = "invoices", MaxRetries = 5, RetryDelaySeconds = 7, TimeoutSeconds = 90, Priority = JobPriority.High, Tags = ["shop"])]
public sealed record MakeFullInvoice(
    Guid OrderId,
    decimal Total,
    DateTimeOffset OrderedAt,
    PaymentKind PaidBy,
    Address ShipTo,
    IReadOnlyList<InvoiceLine> Lines,
    string? Note = "none",
    int? Discount = null,
    BigInteger Serial = default) : IJob<FullInvoiceMade>
{
    /// <summary>Computed, so that it is no argument.</summary>
    public decimal Gross => Total * 1.19m;

    public TimeSpan? Grace { get; init; }
}

public enum PaymentKind
{
    CreditCard,
    BankTransfer,
}

public sealed record Address(string Street, string? City)
{
    public string Label => $"{Street}, {City}";
}

public sealed record InvoiceLine(string Item, int Count);

/// <param name="Seen">What the task was given.</param>
public sealed record FullInvoiceMade(string Number, PaymentKind PaidBy, DateTimeOffset At, MakeFullInvoice Seen);

/// <summary>Runs nothing but waits for a worker that never comes, because its queue is paused.</summary>
[Job("make_note", Queue = "still")]
public sealed record MakeNote(string Text) : IJob;

[Job("make_note")]
public sealed record RunNote(string Text) : IJob<string>;

[Job("refuse_note", MaxRetries = 1, RetryDelaySeconds = 0)]
public sealed record RefuseNote(string Why) : IJob<string>;

[Job("nobody_has_this")]
public sealed record Unknown(int Number) : IJob;

public sealed record WithoutName(int Number) : IJob;

[Job("has spaces")]
public sealed record BadName(int Number) : IJob;

/// <summary>Annotated like a validated request: on parameters, properties, nested objects, and as a whole.</summary>
[Job("order", Queue = "still")]
public sealed record Order([Range(1, 100)] int Count, [property: EmailAddress] string Email, IReadOnlyList<OrderLine> Lines) : IJob, IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lines.Count > Count)
        {
            yield return new("more lines than items", [nameof(Lines)]);
        }
    }
}

public sealed record OrderLine([Required(AllowEmptyStrings = false)] string Item);
